import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { checkpoint, KerasAdam, resume, type SAEModel, trainTogether } from '../../src';
import { end, rows, SUBJECTS, values } from '../conformance/architecture';
import { everyBody } from '../engine/unbroken';

/** What is kept beside weights and moments goes on bit for bit too. */

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'gated-sae-kept-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const weightsOf = (sae: SAEModel): number[][] => sae.getWeights().map(values);

const EMA = { useEma: true, emaMomentum: 0.8 } as const;

async function averagesOf(optimizer: tf.Optimizer): Promise<number[][]> {
  const state = await optimizer.getWeights();
  return state.filter(({ name }) => name.endsWith('/average')).map(({ tensor }) => values(tensor));
}

function expectNear(ours: number[][], expected: number[][], within: number): void {
  for (const [i, some] of ours.entries()) {
    const apart = some.map((value, j) => Math.abs(value - (expected[i]?.[j] as number)));
    expect(Math.max(...apart)).toBeLessThan(within);
  }
}

describe('averages', () => {
  const make = (step: 'sparse' | 'tensor') => {
    const sae = SUBJECTS[0]?.[1].model() as SAEModel;
    sae.compile({ optimizer: new KerasAdam({ learningRate: 0.02, ...EMA }), step });
    return sae;
  };
  const args = { batchSize: 4, verbose: 0, seed: 1 } as const;

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

describe.each(
  SUBJECTS.flatMap(([name, subject]) =>
    subject.steps.map((step) => [name, step, subject] as const),
  ),
)('resampling: %s, %s step', (_, step, subject) => {
  const begun = () => {
    const options = { encodingDim: 12, deadAfter: 30, resampleEvery: 3 };
    const sae = subject.model(options);
    const [offset] = Object.keys(sae.sae.encoder.vectors) as [string];
    // The last features are shut.
    tf.tidy(() => {
      const weights = sae.sae.namedWeights.map(([name, weight]) =>
        name === offset ? tf.concat([tf.zeros([9]), tf.fill([3], -100)]) : weight.read(),
      );
      sae.setWeights(weights);
    });
    sae.compile({ optimizer: new KerasAdam({ learningRate: 1e-3, beta1: 0 }), step });
    return sae;
  };

  test('training that is broken off goes on bit for bit', async () => {
    const x = rows(40);
    const args = { batchSize: 8, seed: 2, verbose: 0 } as const;
    const [whole, cut] = [begun(), begun()];
    await whole.fit(x, { ...args, epochs: 3 });
    await cut.fit(x, { ...args, epochs: 1, callbacks: checkpoint({ to: folder }) });
    const { model, place } = await resume(folder);
    expect(model.getConfig()).toMatchObject({ deadAfter: 30, resampleEvery: 3 });
    await model.fit(x, {
      ...args,
      epochs: 3,
      resumeAt: place,
      callbacks: checkpoint({ to: folder }),
    });
    expect(model.getWeights().map(values)).toEqual(whole.getWeights().map(values));
    x.dispose();
    end(whole, cut, model);
  });
});

test('trainTogether: each has checkpoints of its own, from which it goes on alone', async () => {
  const placeOf = ({ name }: SAEModel) => join(folder, name);
  const x = rows(20);
  const args = { batchSize: 5, seed: 4, validationSplit: 0.2, verbose: 0 } as const;
  const [together, alone] = [everyBody(), everyBody()];
  const callbacks = (sae: SAEModel) => checkpoint({ to: placeOf(sae) });
  await trainTogether(together, x, { ...args, epochs: 1, callbacks });
  for (const sae of alone.slice(0, 4)) {
    await sae.fit(x, { ...args, epochs: 2 });
    const { model, place } = await resume(placeOf(sae));
    await model.fit(x, { ...args, epochs: 2, resumeAt: place, callbacks: callbacks(sae) });
    expect(weightsOf(model)).toEqual(weightsOf(sae));
    end(model);
  }
  x.dispose();
  end(...together, ...alone);
}, 60_000);
