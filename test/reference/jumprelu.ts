import * as tf from '@tensorflow/tfjs';
import { frozen } from './frozen';
import type { NamedWeights, ReferencePass } from './index';

/** Wide enough for the tests' pre-activations to lie within it. */
export const options = { bandwidth: 1.5, thresholdStart: 0.3, lambdaSparse: 0.05 };

/**
 * Rajamanoharan et al. 2024b, equations 2 and 9 to 12: the penalty is the L0. What the estimates say of
 * the thresholds stands as terms that are 0, and have their gradient.
 */
export function pass(
  x: tf.Tensor2D,
  target: tf.Tensor2D,
  { W_enc, b_enc, threshold, W_dec, b_dec }: NamedWeights,
  { lambdaSparse, bandwidth }: Record<string, number>,
): ReferencePass {
  const theta = threshold as tf.Tensor;
  const centred = tf.sub(x, b_dec as tf.Tensor);
  const z = tf.add(tf.matMul(centred, W_enc as tf.Tensor), b_enc as tf.Tensor);
  const distance = frozen(tf.sub(z, theta));
  const active = tf.step(tf.minimum(distance, frozen(z)));
  const near = tf.step(tf.sub((bandwidth as number) / 2, tf.abs(distance)));
  const moved = tf.div(tf.sub(theta, frozen(theta)), bandwidth as number);
  const jump = tf.sub(active, tf.mul(near, moved));
  const codes = tf.sub(tf.mul(z, active), tf.mul(near, tf.mul(frozen(theta), moved)));
  const reconstruction = tf.add(
    tf.matMul(codes as tf.Tensor2D, W_dec as tf.Tensor),
    b_dec as tf.Tensor,
  );
  const squares = tf.square(tf.sub(target, reconstruction));
  const terms = {
    L_reconstruct: tf.mean(tf.sum(squares, 1)) as tf.Scalar,
    L_sparsity: tf.mean(tf.sum(jump, 1)) as tf.Scalar,
  };
  const penalty = tf.mul(terms.L_sparsity, lambdaSparse as number);
  return {
    ...{ codes: codes as tf.Tensor2D, reconstruction: reconstruction as tf.Tensor2D, terms },
    loss: tf.add(terms.L_reconstruct, penalty),
  };
}
