import * as tf from '@tensorflow/tfjs';
import { KerasAdam, KerasSGD, type SAEModel } from '../../src';
import {
  batchOf,
  begun,
  differing,
  disposeAll,
  INPUT_DIM,
  type NamedOptimizer,
  runsOf,
  stateOf,
  train,
} from './unbroken';

/** Of tfjs's own, adamax tells nobody its state. */
const OPTIMIZERS: readonly NamedOptimizer[] = [
  ['KerasAdam, β1 0', 'both', () => new KerasAdam({ learningRate: 0.01, beta1: 0 })],
  ['KerasAdam, β1 0.9', 'both', () => new KerasAdam({ learningRate: 0.01 })],
  ['KerasAdam, β2 below β1', 'both', () => new KerasAdam({ beta1: 0.9, beta2: 0.5 })],
  ['KerasAdam, weightDecay', 'tensor', () => new KerasAdam({ weightDecay: 0.1 })],
  ['KerasSGD', 'tensor', () => new KerasSGD({ learningRate: 0.01, momentum: 0.9 })],
  ['sgd', 'tensor', () => tf.train.sgd(0.01)],
  ['momentum', 'tensor', () => tf.train.momentum(0.01, 0.9)],
  ['adam', 'tensor', () => tf.train.adam(0.01)],
  ['adagrad', 'tensor', () => tf.train.adagrad(0.01)],
  ['adadelta', 'tensor', () => tf.train.adadelta(0.01)],
  ['rmsprop', 'tensor', () => tf.train.rmsprop(0.01, 0.9, 0.5)],
];

const RUNS = runsOf(OPTIMIZERS);

/** Steps before the fault. */
const GOOD = 3;

/** What a step on these rows ends with. */
async function faultOn(model: SAEModel, x: tf.Tensor): Promise<string> {
  try {
    await model.trainOnBatch(x);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('The step went well.');
}

/** Rows of which one value is this. */
const rowsWith = (value: number): tf.Tensor2D =>
  tf.tidy(() => {
    const x = tf.buffer([8, INPUT_DIM]);
    x.set(value, 2, 3);
    return x.toTensor() as tf.Tensor2D;
  });

/** tfjs's optimizers have no setter for it, but for sgd. */
function setRate(optimizer: tf.Optimizer, rate: number): void {
  if ('setLearningRate' in optimizer) (optimizer as tf.SGDOptimizer).setLearningRate(rate);
  else (optimizer as unknown as { learningRate: number }).learningRate = rate;
}

describe.each(RUNS)('%s', (name, run) => {
  test.each([
    ['3e38', 3e38, /squares overflow float32/],
    ['1e25', 1e25, /squares overflow float32/],
    ['an infinity', Number.POSITIVE_INFINITY, /holds NaN or an infinity/],
  ])('a batch with %s: the data is to blame, and all is as it was', async (_, value, advice) => {
    const [model, other] = [begun(run), begun(run)];
    await train(model, 0, GOOD);
    await train(other, 0, GOOD);
    const x = rowsWith(value);
    for (let i = 0; i < 2; i++) {
      const message = await faultOn(model, x);
      expect(message).toMatch(advice);
      expect(message).toContain(`at step ${GOOD + 1};`);
      expect(message).toContain(`those after step ${GOOD}.`);
      expect(model.optimizer.iterations).toBe(GOOD);
    }
    await train(model, GOOD, GOOD + 2);
    await train(other, GOOD, GOOD + 2);
    const [ours, theirs] = [await stateOf(model), await stateOf(other)];
    x.dispose();
    disposeAll(model);
    disposeAll(other);
    expect(differing(ours, theirs)).toEqual({});
  });

  // Of adadelta the rate is no length, and of gradients near 0 adagrad and rmsprop make steps of it.
  const rate = /adadelta/.test(name) ? 1e35 : 1e25;

  test.each([0, GOOD])(
    'a rate of %i good steps and one far too high: all goes back',
    async (good) => {
      const [model, other] = [begun(run), begun(run)];
      await train(model, 0, good);
      await train(other, 0, good);
      await stateOf(model); // a copy of what it has, which is not to be shown for what comes back
      const { optimizer } = model as unknown as { optimizer: tf.Optimizer };
      const slow = (optimizer as unknown as { learningRate: number }).learningRate;
      setRate(optimizer, rate);
      await train(model, good, good + 1);
      const x = batchOf(good + 1);
      const message = await faultOn(model, x);
      expect(message).toMatch(/Lower the learning rate\.$/);
      expect(message).toContain(`at step ${good + 2};`);
      expect(message).toContain(`those after step ${good}.`);
      expect(optimizer.iterations).toBe(good);
      expect(differing(await stateOf(model), await stateOf(other))).toEqual({});
      setRate(optimizer, slow);
      await train(model, good, good + 2);
      await train(other, good, good + 2);
      const [ours, theirs] = [await stateOf(model), await stateOf(other)];
      x.dispose();
      disposeAll(model);
      disposeAll(other);
      expect(differing(ours, theirs)).toEqual({});
    },
  );
});
