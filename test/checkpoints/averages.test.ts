import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { checkpoint, KerasAdam, resume, type SAEModel } from '../../src';
import { rows, SUBJECTS, values } from '../conformance/architecture';

const EMA = { useEma: true, emaMomentum: 0.8 } as const;

/** The averages that an optimizer keeps, flat. */
async function averagesOf(optimizer: tf.Optimizer): Promise<number[][]> {
  const state = await optimizer.getWeights();
  return state.filter(({ name }) => name.endsWith('/average')).map(({ tensor }) => values(tensor));
}

/** The weights of a model that have a gradient, flat. */
const weightsOf = (sae: SAEModel): number[][] => {
  sae.sync();
  return sae.sae.trainableWeights.map((weight) => values(weight.read()));
};

function expectNear(ours: number[][], expected: number[][], within = 1e-5): void {
  expect(ours.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
  for (const [i, some] of ours.entries()) {
    const apart = some.map((value, j) => Math.abs(value - (expected[i]?.[j] as number)));
    expect(Math.max(...apart)).toBeLessThan(within);
  }
}

describe('training that goes on', () => {
  const make = (step: 'sparse' | 'tensor') => {
    const sae = SUBJECTS[0]?.[1].model() as SAEModel;
    sae.compile({ optimizer: new KerasAdam({ learningRate: 0.02, ...EMA }), step });
    return sae;
  };
  const end = (sae: SAEModel) => {
    const { optimizer } = sae;
    sae.dispose();
    optimizer.dispose();
  };
  const args = { batchSize: 4, verbose: 0, seed: 1 } as const;
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(join(tmpdir(), 'gated-sae-averages-'));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  test.each(['sparse', 'tensor'] as const)('%s step: is the same bit for bit', async (step) => {
    const x = rows(14);
    const validationData = rows(5, 8);
    const whole = make(step);
    await whole.fit(x, { ...args, epochs: 4, validationData });
    const begun = make(step);
    const callbacks = () => checkpoint({ to: folder });
    await begun.fit(x, { ...args, epochs: 2, validationData, callbacks: callbacks() });
    end(begun);
    const { model, place } = await resume(folder);
    await model.fit(x, {
      ...args,
      epochs: 4,
      validationData,
      resumeAt: place,
      callbacks: callbacks(),
    });
    expect(weightsOf(model)).toEqual(weightsOf(whole));
    expect(await averagesOf(model.optimizer)).toEqual(await averagesOf(whole.optimizer));
    end(model);
    end(whole);
    tf.dispose([x, validationData]);
  });

  test('the best epoch comes back with its averages', async () => {
    const [x, validationData] = [rows(14), rows(5, 8)];
    const sae = make('tensor');
    const best: number[][][] = [];
    let least = Number.POSITIVE_INFINITY;
    const onEpochEnd = async (_: number, logs: Record<string, number> = {}) => {
      // Worse from the second epoch on.
      if ((logs['val_loss'] as number) < least) {
        least = logs['val_loss'] as number;
        best.push(await averagesOf(sae.optimizer));
      }
      (sae.optimizer as KerasAdam).learningRate = 0.5;
    };
    await sae.fit(x, {
      ...args,
      epochs: 3,
      validationData,
      callbacks: [
        { onEpochEnd } as never,
        checkpoint({ to: folder, best: { monitor: 'val_loss', restore: true } }),
      ],
    });
    const names = sae.sae.namedWeights.map(([name]) => name);
    const but = (all: number[][]) => all.filter((_, i) => names[i] !== 'W_dec');
    expectNear(but(weightsOf(sae)), but(best.at(-1) as number[][]), 1e-7);
    end(sae);
    tf.dispose([x, validationData]);
  });
});
