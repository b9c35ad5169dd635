import * as tf from '@tensorflow/tfjs';
import type { NamedWeights, ReferencePass } from './index';

interface Options {
  lambdaSparse: number;
  penalty: 'l1' | 'l1-decoder-norm' | 'lp';
  p: number;
}

export const forms = {
  'l1-decoder-norm': { penalty: 'l1-decoder-norm', lambdaSparse: 0.5 },
  lp: { penalty: 'lp', p: 0.6, lambdaSparse: 0.5 },
  'lp above 1': { penalty: 'lp', p: 1.7, lambdaSparse: 0.5 },
};

/**
 * Bricken et al. 2023: one ReLU encoder, an L1 penalty on the codes; or on codes times the norms of their
 * decoder rows (Anthropic 2024), or on their p-th powers (Karvonen et al. 2024).
 */
export function pass(
  x: tf.Tensor2D,
  target: tf.Tensor2D,
  { W_enc, b_enc, W_dec, b_dec }: NamedWeights,
  { lambdaSparse, penalty, p }: Options,
): ReferencePass {
  const centred = tf.sub(x, b_dec as tf.Tensor);
  const product = tf.matMul(centred, W_enc as tf.Tensor);
  const codes = tf.relu(tf.add(product, b_enc as tf.Tensor)) as tf.Tensor2D;
  const decoded = tf.matMul(codes, W_dec as tf.Tensor);
  const reconstruction = tf.add(decoded, b_dec as tf.Tensor) as tf.Tensor2D;
  // The power of a 0 has an infinite derivative.
  const positive = tf.add(codes, tf.sub(1, tf.step(codes)));
  const summed = {
    l1: () => codes,
    'l1-decoder-norm': () => tf.mul(codes, tf.norm(W_dec as tf.Tensor, 2, 1)),
    lp: () => tf.mul(tf.pow(positive, p), tf.step(codes)),
  }[penalty]();
  const terms = {
    L_reconstruct: tf.mean(tf.sum(tf.square(tf.sub(target, reconstruction)), 1)) as tf.Scalar,
    L_sparsity: tf.mean(tf.sum(summed, 1)) as tf.Scalar,
  };
  const weighted = tf.mul(terms.L_sparsity, lambdaSparse);
  return { codes, reconstruction, loss: tf.add(terms.L_reconstruct, weighted), terms };
}
