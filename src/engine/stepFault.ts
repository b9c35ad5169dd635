import * as tf from '@tensorflow/tfjs-core';
import { type SAEError, stepNotFinite } from '../errors';
import { allFinite } from '../math/finite';
import type { Trainee } from './trainStep';

/** What of a step is not finite, and what was done about it. */
export interface BadStep {
  readonly trainee: Trainee;
  readonly x: tf.Tensor;
  readonly target: tf.Tensor;
  /** The loss, its terms and the gradients' norm, by the names that the logs show. */
  readonly values: Readonly<Record<string, number>>;
  /** Takes the update before this step back, all of it; false where that cannot be done. */
  readonly takeBack: () => boolean;
}

/**
 * Why a step gave NaN or an infinity, where it did.
 *
 * Where it is not the data, the update before this step has gone too far: its loss is what has just
 * become NaN, so that update is taken back.
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
 * Whether it is by the size of the data that the loss overflows, rather than by the weights.
 *
 * A loss of squares grows with the square of the rows. So it is the larger of two that is to blame: what
 * the rows have added by not ending at 1, and what the loss comes to of rows that do.
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
