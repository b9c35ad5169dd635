import * as tf from '@tensorflow/tfjs-core';
import type { BatchMeasures } from '../kernels/numbers';
import type { Pass } from '../layers/contract';
import { matMul } from '../math/matMul';

/**
 * Returns the measures of a batch as one vector, so that they can be read together with the losses.
 * Columns are summed by products with ones, which is fast on every backend.
 *
 * @returns Σ ‖target − reconstruction‖², Σ ‖target − mean‖², the mean `[outputDim]`, and for each
 *   feature the number of rows on which it fires; the caller disposes it.
 */
export function measuredPass(
  { codes, reconstruction }: Pick<Pass, 'codes' | 'reconstruction'>,
  target: tf.Tensor2D,
): tf.Tensor1D {
  return tf.tidy(() => {
    const rows = target.shape[0];
    const ones = tf.ones<tf.Rank.R2>([1, rows]);
    const mean = tf.div(matMul(ones, target), rows); // [1, inputDim]
    const squares = (a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.squaredDifference(a, b));
    const firing = matMul(ones, tf.step<tf.Tensor2D>(codes)); // [1, features]
    const parts = [squares(target, reconstruction), squares(target, mean), mean, firing];
    return tf.concat(parts.map((part) => tf.reshape<tf.Rank.R1>(part, [-1])));
  });
}

/** Splits the vector of {@link measuredPass}. */
export function readMeasures(
  numbers: Float32Array,
  [rows, width]: readonly [number, number],
): BatchMeasures {
  return {
    rows,
    squaredError: numbers[0] as number,
    spread: numbers[1] as number,
    mean: numbers.subarray(2, 2 + width),
    firing: numbers.subarray(2 + width),
  };
}
