import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {
  anneal,
  checkpoint,
  GatedSAE,
  KerasAdam,
  MatryoshkaSAE,
  ReluSAE,
  resume,
  type SAEModel,
  TopKSAE,
} from '../../src';
import { end } from '../conformance/architecture';
import { disposeAll } from '../engine/unbroken';

const INPUT = 6;
const ROWS = 40;

let folder: string;
let x: tf.Tensor2D;
beforeAll(() => {
  x = tf.randomNormal([ROWS, INPUT], 0, 1, 'float32', 3);
});
afterAll(() => x.dispose());
beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'gated-sae-checkpoints-'));
});
afterEach(() => {
  jest.restoreAllMocks();
  fs.rmSync(folder, { recursive: true, force: true });
});

interface Kind {
  step: 'sparse' | 'tensor';
  beta1: number;
}

function newModel({ step, beta1 }: Kind): SAEModel {
  const sae = new GatedSAE({ inputDim: INPUT, encodingDim: 20, seed: 1 });
  const optimizer = new KerasAdam({ learningRate: 0.01, beta1 });
  sae.compile({ optimizer, step, threads: step === 'sparse' ? 2 : undefined });
  return sae;
}

/** All that a training has come to, bit for bit. */
async function stateOf(model: SAEModel): Promise<unknown> {
  const weights = model.getWeights().map((weight) => [...weight.dataSync()]);
  const state = await model.optimizer.getWeights();
  return { weights, state: state.map(({ tensor }) => [...tensor.dataSync()]) };
}

class Crash extends Error {}

/** A callback that throws after so many steps, as a process that ends would. */
const crashAfter = (steps: number) => {
  let left = steps;
  return {
    onBatchEnd: async () => {
      left -= 1;
      if (left === 0) throw new Crash();
    },
  };
};

const ARGS = { epochs: 3, batchSize: 8, validationSplit: 0.2, verbose: 0 } as const;

const KINDS: Kind[] = [
  { step: 'tensor', beta1: 0.9 },
  { step: 'tensor', beta1: 0 },
  { step: 'sparse', beta1: 0.9 },
  { step: 'sparse', beta1: 0 },
];

test.each([
  { step: 'sparse', outputDim: 4 },
  { step: 'sparse', outputDim: 4, skip: true },
  { step: 'tensor', outputDim: 4, skip: true },
] as const)('a transcoder goes on bit for bit: $step step', async ({ step, ...kind }) => {
  const y = tf.randomNormal([ROWS, 4], 0, 1, 'float32', 4);
  const made = () => {
    const sae = new GatedSAE({ inputDim: INPUT, encodingDim: 20, seed: 1, ...kind });
    sae.compile({ optimizer: new KerasAdam({ learningRate: 0.01 }), step });
    return sae;
  };
  const [whole, broken] = [made(), made()];
  await whole.fit(x, y, { ...ARGS, seed: 5 });
  const callbacks = [checkpoint({ to: folder, everySteps: 3 }), crashAfter(6)];
  await expect(broken.fit(x, y, { ...ARGS, seed: 5, callbacks })).rejects.toThrow(Crash);
  const { model, place } = await resume(folder);
  await expect(model.fit(x, { ...ARGS, resumeAt: place })).rejects.toThrow('SAE_DATA');
  await model.fit(x, y, { ...ARGS, resumeAt: place });
  expect(await stateOf(model)).toEqual(await stateOf(whole));
  for (const one of [whole, broken, model]) end(one);
  y.dispose();
});

describe.each(KINDS)('with the $step step and beta1 $beta1', (kind) => {
  test.each([1, 4, 6, 11])('after %i steps it goes on bit for bit', async (steps) => {
    const best = { monitor: 'val_loss', restore: true };
    const options = { everySteps: 3, best };
    const whole = newModel(kind);
    const before = join(folder, 'whole');
    const expected = await whole.fit(x, {
      ...{ ...ARGS, seed: 5 },
      callbacks: [checkpoint({ to: before, ...options })],
    });
    const broken = newModel(kind);
    const to = join(folder, 'broken');
    const callbacks = [checkpoint({ to, ...options }), crashAfter(steps)];
    await expect(broken.fit(x, { ...ARGS, seed: 5, callbacks })).rejects.toThrow(Crash);
    end(broken);

    const { model, place } = await resume(to);
    expect(place).toMatchObject({
      epoch: Math.floor((steps - 1) / 4),
      batch: ((steps - 1) % 4) + 1,
    });
    const again = [checkpoint({ to, ...options })];
    const rest = await model.fit(x, { ...ARGS, callbacks: again, resumeAt: place });
    expect(await stateOf(model)).toEqual(await stateOf(whole));
    for (const [name, values] of Object.entries(expected.history)) {
      expect(rest.history[name]).toEqual(values.slice(place.epoch));
    }
    end(whole);
    end(model);
  });
});

const SIZES = { inputDim: INPUT, encodingDim: 40, seed: 1 };
const lp = { penalty: 'lp', p: 0.5, lambdaSparse: 0.1 } as const;
/** What changes with the steps: which model, and by which callback, if any. */
const CHANGING: [string, () => SAEModel, () => ReturnType<typeof anneal>[]][] = [
  ['k', () => new TopKSAE({ ...SIZES, k: 3 }), () => [anneal('k', { from: 30, steps: 14 })]],
  [
    'λ that keeps the penalty',
    () => new ReluSAE({ ...SIZES, ...lp }),
    () => [anneal('p', { from: 1, steps: 14, every: 2, keepPenalty: true })],
  ],
  [
    'drawn prefixes',
    () => new MatryoshkaSAE({ ...SIZES, k: 3, drawnPrefixes: 3, prefixSeed: 5 }),
    () => [],
  ],
];

describe.each(CHANGING)('%s, which changes with the steps', (_, model, annealing) => {
  test.each(['sparse', 'tensor'] as const)('goes on where it was, %s', async (step) => {
    const make = () => {
      const sae = model();
      sae.compile({ optimizer: new KerasAdam({ learningRate: 0.01 }), step });
      return sae;
    };
    const args = { batchSize: 8, seed: 4, epochs: 4, verbose: 0 } as const;
    const whole = make();
    await whole.fit(x, { ...args, callbacks: annealing() });

    const broken = make();
    let batches = 0;
    const onBatchEnd = async () => {
      if (++batches === 7) throw new Error('broken off');
    };
    const to = join(folder, 'annealed');
    const breaking = [checkpoint({ to, everySteps: 1 }), ...annealing(), { onBatchEnd }] as never;
    await expect(broken.fit(x, { ...args, callbacks: breaking })).rejects.toThrow('broken off');
    const { model: again, place } = await resume(to);
    await again.fit(x, { ...args, callbacks: annealing(), resumeAt: place });
    expect(await stateOf(again)).toEqual(await stateOf(whole));
    expect(again.sae.options).toEqual(whole.sae.options);
    for (const each of [whole, broken, again]) disposeAll(each);
  });
});
