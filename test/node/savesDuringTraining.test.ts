import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {
  decodeKeras,
  encodeKeras,
  GatedSAE,
  KerasAdam,
  kerasArchive,
  type SAEModel,
} from '../../src';
import { fileSystem } from '../../src/node';
import { differing, disposeAll, stateOf } from '../engine/unbroken';
import { at } from './modelFolder';

jest.setTimeout(120_000);

type Step = 'sparse' | 'tensor';
type State = Awaited<ReturnType<typeof stateOf>>;

/** Ways to save, each with the way to open what it has saved under a number. */
const WAYS: Record<
  string,
  {
    save: (model: SAEModel, n: number) => Promise<unknown>;
    open: (n: number) => Promise<tf.LayersModel>;
  }
> = {
  'a folder': {
    save: (model, n) => model.save(fileSystem(join(at.root, `${n}`))),
    open: (n) => tf.loadLayersModel(fileSystem(join(at.root, `${n}`))),
  },
  'a .keras file': {
    save: (model, n) => model.save(kerasArchive(join(at.root, `${n}.keras`))),
    open: (n) => tf.loadLayersModel(kerasArchive(join(at.root, `${n}.keras`))),
  },
  'bytes of one': {
    save: async (model, n) => fs.writeFile(join(at.root, `${n}`), await encodeKeras(model)),
    open: async (n) => decodeKeras(await fs.readFile(join(at.root, `${n}`))),
  },
};

/** Trains, and calls what is given at the beginning of each step; its saves are waited for at the end. */
async function training(
  step: Step,
  onStep: (model: SAEModel) => void,
  saves: readonly Promise<unknown>[],
): Promise<void> {
  const sae = new GatedSAE({ inputDim: 8, encodingDim: 32, seed: 1 });
  sae.compile({ optimizer: new KerasAdam({ learningRate: 0.01 }), step });
  const x = tf.randomUniform([48, 8], 0, 1, 'float32', 3);
  const callbacks = { onBatchBegin: async () => onStep(sae) };
  await sae.fit(x, { batchSize: 8, epochs: 2, seed: 0, verbose: 0, callbacks });
  await Promise.all(saves);
  x.dispose();
  disposeAll(sae);
}

/** The whole state after each step of the same training, by the number of steps. */
async function statesOf(step: Step): Promise<State[]> {
  const sae = new GatedSAE({ inputDim: 8, encodingDim: 32, seed: 1 });
  sae.compile({ optimizer: new KerasAdam({ learningRate: 0.01 }), step });
  const x = tf.randomUniform([48, 8], 0, 1, 'float32', 3);
  const states: State[] = [];
  const note = async () => void states.push(await stateOf(sae));
  const callbacks = { onTrainBegin: note, onBatchEnd: note };
  await sae.fit(x, { batchSize: 8, epochs: 2, seed: 0, verbose: 0, callbacks });
  x.dispose();
  disposeAll(sae);
  return states;
}

describe.each(['tensor', 'sparse'] as const)('on the %s step', (step) => {
  let states: State[];
  beforeAll(async () => {
    states = await statesOf(step);
  });

  test.each(Object.entries(WAYS))('%s that nobody waits for is of one step', async (_, way) => {
    const saves: Promise<unknown>[] = [];
    const begin = (model: SAEModel) => void saves.push(way.save(model, saves.length));
    // In the middle of what a step does, too.
    const onStep = (model: SAEModel) => {
      begin(model);
      setImmediate(() => model['isTraining'] && begin(model));
    };
    await training(step, onStep, saves);
    expect(saves.length).toBeGreaterThanOrEqual(12);
    const steps = new Set<number>();
    for (let n = 0; n < saves.length; n++) {
      const model = (await way.open(n)) as SAEModel;
      const { iterations } = model.optimizer;
      steps.add(iterations);
      // Before the first step there are no moments to save.
      if (iterations > 0) {
        expect(differing(await stateOf(model), states[iterations] as State)).toEqual({});
      }
      disposeAll(model);
    }
    expect(steps.size).toBeGreaterThan(6);
  });
});

test('a save is of the model as it was when it was called for', async () => {
  const sae = new GatedSAE({ inputDim: 8, encodingDim: 32, seed: 1 });
  const other = new GatedSAE({ inputDim: 8, encodingDim: 32, seed: 2 });
  const saved = sae.save(fileSystem(at.folder));
  const before = sae.getWeights().map((weight) => weight.dataSync());
  sae.setWeights(other.getWeights());
  await saved;
  const loaded = await tf.loadLayersModel(fileSystem(at.folder));
  expect(loaded.getWeights().map((weight) => weight.dataSync())).toEqual(before);
  for (const model of [sae, other, loaded]) model.dispose();
});
