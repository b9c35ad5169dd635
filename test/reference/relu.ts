import * as tf from '@tensorflow/tfjs';
import type { NamedWeights, ReferencePass } from './index';

/** Bricken et al. 2023: one ReLU encoder, an L1 penalty on the codes. */
export function pass(
  x: tf.Tensor2D,
  target: tf.Tensor2D,
  { W_enc, b_enc, W_dec, b_dec }: NamedWeights,
  { lambdaSparse }: Record<string, number>,
): ReferencePass {
  const centred = tf.sub(x, b_dec as tf.Tensor);
  const product = tf.matMul(centred, W_enc as tf.Tensor);
  const codes = tf.relu(tf.add(product, b_enc as tf.Tensor)) as tf.Tensor2D;
  const decoded = tf.matMul(codes, W_dec as tf.Tensor);
  const reconstruction = tf.add(decoded, b_dec as tf.Tensor) as tf.Tensor2D;
  const terms = {
    L_reconstruct: tf.mean(tf.sum(tf.square(tf.sub(target, reconstruction)), 1)) as tf.Scalar,
    L_sparsity: tf.mean(tf.sum(codes, 1)) as tf.Scalar,
  };
  const penalty = tf.mul(terms.L_sparsity, lambdaSparse as number);
  return { codes, reconstruction, loss: tf.add(terms.L_reconstruct, penalty), terms };
}
