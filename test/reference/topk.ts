import * as tf from '@tensorflow/tfjs';
import type { NamedWeights, ReferencePass } from './index';

/** Few enough for the tests' dictionaries to have some that do not fire. */
export const options = { k: 4 };

/** The k largest of each row, found by sorting its numbers one row at a time; of equal ones the first. */
export function largest(x: tf.Tensor2D, k: number): tf.Tensor2D {
  const chosen = (x.arraySync() as number[][]).map((row) => {
    const order = row.map((_, i) => i).sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0) || a - b);
    return row.map((_, i) => (order.indexOf(i) < k ? 1 : 0));
  });
  return tf.tensor2d(chosen);
}

/** A dictionary whose codes are chosen of the pre-activations above 0, without a penalty. */
export function choosing(
  x: tf.Tensor2D,
  target: tf.Tensor2D,
  { W_enc, b_enc, W_dec, b_dec }: NamedWeights,
  choose: (z: tf.Tensor2D) => tf.Tensor2D,
): ReferencePass {
  const centred = tf.sub(x, b_dec as tf.Tensor);
  const z = tf.add(tf.matMul(centred, W_enc as tf.Tensor), b_enc as tf.Tensor) as tf.Tensor2D;
  const chosen = tf.customGrad((t) => ({
    value: choose(t as tf.Tensor2D),
    gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
  }))(z);
  const codes = tf.mul(tf.relu(z), chosen) as tf.Tensor2D;
  const reconstruction = tf.add(tf.matMul(codes, W_dec as tf.Tensor), b_dec as tf.Tensor);
  const squares = tf.square(tf.sub(target, reconstruction));
  const terms = { L_reconstruct: tf.mean(tf.sum(squares, 1)) as tf.Scalar };
  return {
    ...{ codes, reconstruction: reconstruction as tf.Tensor2D, terms },
    loss: terms.L_reconstruct,
  };
}

/** Gao et al. 2024: the k largest pre-activations of a row, if above 0, and no penalty. */
export const pass = (
  x: tf.Tensor2D,
  target: tf.Tensor2D,
  weights: NamedWeights,
  { k }: Record<string, number>,
): ReferencePass => choosing(x, target, weights, (z) => largest(z, k as number));
