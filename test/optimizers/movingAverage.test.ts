import * as tf from '@tensorflow/tfjs';
import { KerasAdam, KerasSGD, type SAEModel } from '../../src';
import { expectUnitRows, rows, SUBJECTS, values } from '../conformance/architecture';

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

/** What the plain formula makes of weights from step to step. */
function averaged(steps: number[][][]): number[][] {
  return steps.reduce((average, weights) =>
    average.map((some, i) =>
      some.map((value, j) => 0.8 * value + 0.2 * (weights[i]?.[j] as number)),
    ),
  );
}

describe.each([
  ['KerasAdam', () => new KerasAdam({ learningRate: 0.1, ...EMA })],
  ['KerasSGD', () => new KerasSGD({ learningRate: 0.1, ...EMA })],
] as const)('%s', (_, make) => {
  test('averages variables by the formula, and sets them to that when told', async () => {
    const optimizer = make();
    const w = tf.tidy(() => tf.variable(tf.tensor1d([1, -2, 3])));
    const steps: number[][][] = [];
    for (let step = 0; step < 4; step++) {
      optimizer.minimize(() => tf.sum(tf.square(w)), false, [w]);
      steps.push([values(w)]);
    }
    const expected = averaged(steps);
    expectNear(await averagesOf(optimizer), expected);
    optimizer.finalizeVariableValues([w]);
    expectNear([values(w)], expected);
    w.dispose();
    optimizer.dispose();
  });

  test('keeps its state and its options', async () => {
    const [optimizer, other] = [make(), make()];
    const w = tf.tidy(() => tf.variable(tf.tensor1d([1, -2, 3])));
    optimizer.minimize(() => tf.sum(tf.square(w)), false, [w]);
    await other.setWeights(await optimizer.getWeights());
    expect(await averagesOf(other)).toEqual(await averagesOf(optimizer));
    expect(optimizer.getConfig()).toMatchObject({ ...EMA, emaOverwriteFrequency: null });
    w.dispose();
    optimizer.dispose();
    other.dispose();
  });
});

test('without averages there is nothing of them', async () => {
  const optimizer = new KerasAdam();
  const w = tf.tidy(() => tf.variable(tf.tensor1d([1])));
  optimizer.minimize(() => tf.sum(tf.square(w)), false, [w]);
  const before = values(w);
  optimizer.finalizeVariableValues([w]);
  expect(values(w)).toEqual(before);
  expect(await averagesOf(optimizer)).toEqual([]);
  expect(optimizer.getConfig()).not.toHaveProperty('useEma');
  w.dispose();
  optimizer.dispose();
});

describe.each(SUBJECTS)('%s', (_, subject) => {
  test.each(subject.steps)(
    '%s step: averages the weights as each step leaves them',
    async (step) => {
      const sae = subject.model();
      const optimizer = new KerasAdam({ learningRate: 0.01, ...EMA });
      sae.compile({ optimizer, step });
      const x = rows(12);
      const steps: number[][][] = [];
      for (let i = 0; i < 4; i++) {
        await sae.trainOnBatch(x);
        steps.push(weightsOf(sae));
      }
      expectNear(await averagesOf(optimizer), averaged(steps));
      x.dispose();
      sae.dispose();
      optimizer.dispose();
    },
  );

  test.each(subject.steps)('%s step: fit validates and ends with the averages', async (step) => {
    const sae = subject.model();
    const optimizer = new KerasAdam({ learningRate: 0.02, ...EMA });
    sae.compile({ optimizer, step });
    const [x, held] = [rows(12), rows(5, 8)];
    const inTraining: number[][][] = [];
    const onEpochEnd = async () => void inTraining.push(weightsOf(sae));
    const args = { batchSize: 4, epochs: 2, verbose: 0, seed: 1 } as const;
    const { history } = await sae.fit(x, {
      ...args,
      validationData: held,
      callbacks: { onEpochEnd },
    });
    const averages = await averagesOf(optimizer);
    // Decoder rows are brought to norm 1 again; all else is the averages.
    const names = sae.sae.namedWeights.map(([name]) => name);
    const decoder = names.indexOf('W_dec');
    const but = (all: number[][]) => all.filter((_, i) => i !== decoder);
    expectNear(but(weightsOf(sae)), but(averages), 1e-7);
    expectUnitRows(sae.sae);
    expect(weightsOf(sae)).not.toEqual(inTraining.at(-1));
    const losses = sae.evaluate(held) as tf.Scalar[];
    expect(values(losses[0] as tf.Scalar)[0]).toBeCloseTo(history['val_loss']?.at(-1) as number, 4);
    tf.dispose([x, held, losses] as never);
    sae.dispose();
    optimizer.dispose();
  });
});

test.each(['sparse', 'tensor'] as const)('%s step: weights are set to averages', async (step) => {
  const sae = SUBJECTS[0]?.[1].model() as SAEModel;
  const optimizer = new KerasAdam({ learningRate: 0.02, ...EMA, emaOverwriteFrequency: 2 });
  sae.compile({ optimizer, step });
  const x = rows(8);
  const first = Object.keys(sae.sae.encoder.vectors).length;
  for (let i = 1; i <= 4; i++) {
    await sae.trainOnBatch(x);
    const [averages, weights] = [await averagesOf(optimizer), weightsOf(sae)];
    if (i % 2 === 0) expectNear(weights.slice(0, first), averages.slice(0, first), 1e-7);
    else if (i > 1) expect(weights[0]).not.toEqual(averages[0]);
    expectUnitRows(sae.sae);
  }
  x.dispose();
  sae.dispose();
  optimizer.dispose();
});

test.each(['sparse', 'tensor'] as const)(
  '%s step: averages go back with their step',
  async (step) => {
    const sae = SUBJECTS[0]?.[1].model() as SAEModel;
    const optimizer = new KerasAdam({ learningRate: 0.01, ...EMA });
    sae.compile({ optimizer, step });
    const x = rows(8);
    await sae.trainOnBatch(x);
    const before = { averages: await averagesOf(optimizer), weights: weightsOf(sae) };
    optimizer.learningRate = 1e25;
    await sae.trainOnBatch(x); // goes too far, as the next loss shows
    await expect(sae.trainOnBatch(x)).toBeRefused('SAE_NOT_FINITE', sae.where);
    expect(weightsOf(sae)).toEqual(before.weights);
    expect(await averagesOf(optimizer)).toEqual(before.averages);
    x.dispose();
    sae.dispose();
    optimizer.dispose();
  },
);

test('what is wrong is said', async () => {
  for (const options of [
    { useEma: 1 },
    { useEma: 'yes' },
    { emaMomentum: 1 },
    { emaMomentum: -0.1 },
    { emaMomentum: Number.NaN },
    { emaOverwriteFrequency: 0 },
    { emaOverwriteFrequency: 1.5 },
  ]) {
    const [name] = Object.keys(options) as [string];
    await expect(() => new KerasAdam(options as never)).toBeRefused(
      'SAE_OPTION',
      `KerasAdam.${name}`,
    );
    await expect(() => new KerasSGD(options as never)).toBeRefused(
      'SAE_OPTION',
      `KerasSGD.${name}`,
    );
  }
});
