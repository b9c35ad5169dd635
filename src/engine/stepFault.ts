import * as tf from '@tensorflow/tfjs-core';
import { type SAEError, stepNotFinite } from '../errors';
import { allFinite } from '../math/finite';
import type { Trainee } from './trainStep';

/** A step with values that are not finite. */
export interface BadStep {
  readonly trainee: Trainee;
  readonly x: tf.Tensor;
  readonly target: tf.Tensor;
  /** The loss, its terms and the gradients' norm, by their names in the logs. */
  readonly values: Readonly<Record<string, number>>;
  /** Undoes the update before this step completely; returns false if that is impossible. */
  readonly takeBack: () => boolean;
}

/**
 * Returns why a step gave NaN or infinity, if it did.
 *
 * Unless the data is the cause, the update before this step went too far: its loss is the one that
 * just became NaN, so that update is undone.
 */
export function stepFault(step: BadStep): SAEError | undefined {
  const { trainee, x, target, values, takeBack } = step;
  const bad = Object.entries(values).find(([, value]) => !Number.isFinite(value));
  if (bad === undefined) return undefined;
  const number = trainee.optimizer.iterations + 1;
  const fault = (cause: Parameters<typeof stepNotFinite>[4], lastGood: number) =>
    stepNotFinite(trainee.where, number, ...bad, cause, lastGood);
  if (!(allFinite(x) && allFinite(target))) return fault('data', number - 1);
  if (isTooLarge(step)) return fault('size', number - 1);
  if (takeBack()) return fault('step', number - 2);
  const finite = trainee.sae.weights.every((weight) => allFinite(weight.read()));
  return fault(finite ? 'step' : 'weights', number - 1);
}

/**
 * Returns whether the loss overflows because of the size of the data, rather than the weights.
 *
 * A loss of squares grows with the square of the rows. The larger of two factors is therefore the
 * cause: the excess of the rows over 1, or the loss for rows scaled to 1.
 */
function isTooLarge({ trainee, x, target }: BadStep): boolean {
  return tf.tidy(() => {
    const largest = tf.maximum(tf.max(tf.abs(x)), tf.max(tf.abs(target)));
    const small = tf.div(x, largest) as tf.Tensor2D;
    const smallTarget = target === x ? small : (tf.div(target, largest) as tf.Tensor2D);
    const [loss] = trainee.sae.forward(small, smallTarget, false).loss.dataSync();
    const [size] = largest.dataSync();
    return (size as number) ** 2 > (loss as number);
  });
}
