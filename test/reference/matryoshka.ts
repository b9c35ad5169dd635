import * as tf from '@tensorflow/tfjs';
import { pass as ofBatchTopK } from './batchtopk';
import type { NamedWeights, ReferencePass } from './index';

/** Of the tests' ten features. */
const PREFIXES = [3, 5, 10];
export const options = { k: 4, prefixes: PREFIXES };

/** Bussmann et al. 2025: the errors of the first features alone, of more of them, and of all, added up. */
export function pass(
  x: tf.Tensor2D,
  target: tf.Tensor2D,
  weights: NamedWeights,
  given: Record<string, number>,
  training = true,
): ReferencePass {
  const { codes, reconstruction } = ofBatchTopK(x, target, weights, given, training);
  const { W_dec, b_dec } = weights as { W_dec: tf.Tensor2D; b_dec: tf.Tensor1D };
  const errors = (given['prefixes'] as unknown as number[]).map((count) => {
    const own = tf.slice(codes, [0, 0], [-1, count]);
    const decoded = tf.add(tf.matMul(own, tf.slice(W_dec, 0, count) as tf.Tensor2D), b_dec);
    return tf.mean(tf.sum(tf.square(tf.sub(target, decoded)), 1));
  });
  const loss = tf.addN(errors) as tf.Scalar;
  return { codes, reconstruction, loss, terms: { L_reconstruct: loss } };
}
