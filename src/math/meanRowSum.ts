import * as tf from '@tensorflow/tfjs-core';

/**
 * The mean over the rows of each row's sum: what every term of a loss is.
 *
 * @param x `[batch, …]`
 * @returns a scalar; the caller disposes it.
 */
export function meanRowSum(x: tf.Tensor2D): tf.Scalar {
  return tf.tidy(() => tf.mean(tf.sum(x, 1)));
}
