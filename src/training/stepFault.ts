import type * as tf from '@tensorflow/tfjs-core';
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
  /** Takes the update before this step back; false where that cannot be done. */
  readonly takeBack: () => boolean;
}

/**
 * Why a step came to NaN or an infinity, where it did.
 *
 * Where the data is finite, the update before this step may have gone too far: its loss is what has
 * just come to NaN, so that update is taken back.
 */
export function stepFault(step: BadStep): SAEError | undefined {
  const { trainee, x, target, values, takeBack } = step;
  const bad = Object.entries(values).find(([, value]) => !Number.isFinite(value));
  if (bad === undefined) return undefined;
  const number = trainee.optimizer.iterations + 1;
  const fault = (cause: 'data' | 'weights' | 'step', lastGood: number) =>
    stepNotFinite(trainee.where, number, ...bad, cause, lastGood);
  if (!(allFinite(x) && allFinite(target))) return fault('data', number - 1);
  if (takeBack()) return fault('step', number - 2);
  const finite = trainee.sae.weights.every((weight) => allFinite(weight.read()));
  return fault(finite ? 'step' : 'weights', number - 1);
}
