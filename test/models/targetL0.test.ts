import * as tf from '@tensorflow/tfjs';
import {
  decodeKeras,
  encodeKeras,
  GatedSAE,
  JumpReLUSAE,
  KerasAdam,
  ReluSAE,
  type SAEModel,
  sparsityReport,
  TopKSAE,
  WarmupLinearDecay,
} from '../../src';
import { differs } from '../backends/differences';
import { rows } from '../conformance/architecture';
import { disposeAll, stateOf, throughMemory } from '../engine/unbroken';

const SIZES = { inputDim: 16, encodingDim: 64, seed: 1 };
const ARGS = { batchSize: 32, seed: 2, verbose: 0 } as const;
const EPOCHS = 30;
type Step = 'sparse' | 'tensor';

const MAKERS: [string, (args: object) => SAEModel][] = [
  ['ReluSAE', (args) => new ReluSAE({ ...SIZES, ...args })],
  ['GatedSAE', (args) => new GatedSAE({ ...SIZES, auxWeight: 0.1, ...args })],
];
const RUNS = MAKERS.flatMap(([name, make]) =>
  (['sparse', 'tensor'] as const).map((step) => [name, step, make] as const),
);

/** Those that come to the same numbers each time. */
const EXACT = RUNS.filter(([, step]) => step === 'sparse' || !differs('repeated'));

/** Rows that are sums of a few of 40 directions: what a dictionary is for. */
let x: tf.Tensor2D;
beforeAll(() => {
  x = tf.tidy(() => {
    const directions = tf.randomNormal<tf.Rank.R2>([40, SIZES.inputDim], 0, 1, 'float32', 1);
    const present = tf.less(tf.randomUniform([640, 40], 0, 1, 'float32', 2), 0.1);
    const sizes = tf.randomUniform([640, 40], 0.5, 1.5, 'float32', 3);
    return tf.matMul<tf.Tensor2D>(tf.mul(present, sizes), directions);
  });
});
afterAll(() => x.dispose());

function compiled(model: SAEModel, step: Step): SAEModel {
  model.compile({ optimizer: new KerasAdam({ learningRate: 3e-3, beta1: 0 }), step });
  return model;
}

const lambdaOf = (model: SAEModel) => (model.sae.options as { lambdaSparse: number }).lambdaSparse;

describe.each(MAKERS)('%s', (_, make) => {
  test.each([
    [6, 0.3],
    [12, 1e-3],
  ])('comes to an L0 of %i, from a λ of %d', async (targetL0, lambdaSparse) => {
    const model = make({ targetL0, lambdaSparse });
    const [totalSteps, decaySteps] = [20 * EPOCHS, 5 * EPOCHS];
    const learningRate = new WarmupLinearDecay({
      ...{ peakLr: 5e-3, warmupSteps: 20, decaySteps, totalSteps },
    });
    model.compile({ optimizer: new KerasAdam({ learningRate, beta1: 0 }), threads: 1 });
    const { history } = await model.fit(x, { ...ARGS, epochs: EPOCHS, yieldEvery: 'never' });
    const { l0Mean } = await sparsityReport(model, x);
    expect(Math.abs(l0Mean / targetL0 - 1)).toBeLessThan(0.1);
    expect(history['lambda_sparse']?.at(-1)).toBe(lambdaOf(model));
    disposeAll(model);
  });

  test('without a target, λ and the configuration are as they are', async () => {
    const model = compiled(make({}), 'sparse');
    expect(model.getConfig()).not.toHaveProperty('targetL0');
    const { history } = await model.fit(x, ARGS);
    expect(history).not.toHaveProperty('lambda_sparse');
    expect(lambdaOf(model)).toBe(1e-3);
    disposeAll(model);
  });

  test('goes to Keras as the λ that it has come to', async () => {
    const model = compiled(make({ targetL0: 8 }), 'sparse');
    await model.fit(x, ARGS);
    const loaded = (await decodeKeras(await encodeKeras(model))) as SAEModel;
    expect(lambdaOf(loaded)).toBe(lambdaOf(model));
    expect(loaded.getConfig()).not.toHaveProperty('targetL0');
    loaded.dispose();
    disposeAll(model);
  });
});

test.each(EXACT)(
  '%s, %s step: broken off, saved and gone on with, it is as if it were not',
  async (_, step, make) => {
    const some = tf.slice(x, 0, 160);
    const whole = compiled(make({ targetL0: 8 }), step);
    await whole.fit(some, { ...ARGS, epochs: 2 });
    const first = compiled(make({ targetL0: 8 }), step);
    await first.fit(some, ARGS);
    const second = await throughMemory(first);
    second.compile({ optimizer: second.optimizer, step });
    await second.fit(some, { ...ARGS, epochs: 2, initialEpoch: 1 });
    expect(await stateOf(second)).toEqual(await stateOf(whole));
    expect(second.getConfig()).toEqual({ ...whole.getConfig(), name: second.name });
    expect(lambdaOf(second)).not.toBe(lambdaOf(first));
    some.dispose();
    for (const model of [whole, first, second]) disposeAll(model);
  },
);

describe.each(RUNS)('%s, %s step', (_, step, make) => {
  test('a step that is taken back takes λ back too', async () => {
    const model = make({ targetL0: 8 });
    const optimizer = new KerasAdam({ learningRate: 1e-3 });
    model.compile({ optimizer, step });
    const batch = rows(8, 1, SIZES.inputDim);
    await model.trainOnBatch(batch);
    await model.trainOnBatch(batch);
    const before = model.getConfig();
    optimizer.learningRate = 1e25; // whose loss overflows in the next step
    await model.trainOnBatch(batch);
    expect(model.getConfig()).not.toEqual(before);
    await expect(model.trainOnBatch(batch)).rejects.toThrow('SAE_NOT_FINITE');
    expect(optimizer.iterations).toBe(2);
    expect(model.getConfig()).toEqual(before);
    batch.dispose();
    disposeAll(model);
  });
});

test('sets k where there is one, and is a JumpReLU SAE’s own', () => {
  const topk = new TopKSAE({ ...SIZES, targetL0: 5 });
  expect(topk.sae.options).toEqual({ k: 5 });
  expect(topk.getConfig()).not.toHaveProperty('targetL0');
  const jump = new JumpReLUSAE({ ...SIZES, targetL0: 5 });
  expect(jump.sae.options.targetL0).toBe(5);
  expect(jump.steering).toBeUndefined();
  topk.dispose();
  jump.dispose();
  expect(() => new TopKSAE({ ...SIZES, k: 3, targetL0: 5 })).toThrow(
    'SAE_OPTION TopKSAE: expected k or targetL0; received',
  );
  expect(() => new TopKSAE({ ...SIZES, targetL0: 2.5 })).toThrow('SAE_OPTION TopKSAE');
  for (const Model of [GatedSAE, ReluSAE, TopKSAE]) {
    expect(() => new Model({ ...SIZES, targetL0: 65 })).toThrow(
      `SAE_OPTION ${Model.className}.targetL0: expected at most encodingDim, 64; received 65.`,
    );
    for (const targetL0 of [0, -1, Number.NaN, '5']) {
      expect(() => new Model({ ...SIZES, targetL0: targetL0 as never })).toThrow(
        `SAE_OPTION ${Model.className}.targetL0: expected a finite number > 0, or null for none`,
      );
    }
  }
});
