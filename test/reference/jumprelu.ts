import * as tf from '@tensorflow/tfjs';
import { frozen } from './frozen';
import type { NamedWeights, ReferencePass } from './index';

interface Options {
  lambdaSparse: number;
  bandwidth: number;
  penalty: 'step' | 'tanh';
  tanhScale: number;
  gradientToInput: boolean;
  preActWeight: number;
}

/** Wide enough for the tests' pre-activations to lie within it. */
export const options = { bandwidth: 1.5, thresholdStart: 0.3, lambdaSparse: 0.05 };
export const forms = {
  tanh: { penalty: 'tanh', tanhScale: 2 },
  'tanh, with a gradient to the input': { penalty: 'tanh', tanhScale: 2, gradientToInput: true },
  // A feature that has not fired on a single row is dead at once.
  'a loss of dead features': { preActWeight: 0.5, deadAfter: 1 },
};

/**
 * Rajamanoharan et al. 2024b, equations 2 and 9 to 12: the penalty is the L0. What the estimates say of
 * the thresholds stands as terms that are 0, and have their gradient. Anthropic 2025: the tanh of codes by
 * their decoder rows' norms, and what dead features' pre-activations lack of their thresholds.
 */
export function pass(
  x: tf.Tensor2D,
  target: tf.Tensor2D,
  { W_enc, b_enc, threshold, W_dec, b_dec, since_fired }: NamedWeights,
  given: Options,
  training = true,
): ReferencePass {
  const { lambdaSparse, bandwidth, penalty, tanhScale, gradientToInput, preActWeight } = given;
  const theta = threshold as tf.Tensor;
  const centred = tf.sub(x, b_dec as tf.Tensor);
  const z = tf.add(tf.matMul(centred, W_enc as tf.Tensor), b_enc as tf.Tensor);
  const distance = frozen(tf.sub(z, theta));
  const active = tf.step(tf.minimum(distance, frozen(z)));
  const near = tf.step(tf.sub((bandwidth as number) / 2, tf.abs(distance)));
  const away = tf.sub(theta, frozen(theta));
  const moved = tf.div(gradientToInput ? tf.sub(away, tf.sub(z, frozen(z))) : away, bandwidth);
  const jump = tf.sub(active, tf.mul(near, moved));
  const codes = tf.sub(tf.mul(z, active), tf.mul(near, tf.mul(frozen(theta), moved)));
  const reconstruction = tf.add(
    tf.matMul(codes as tf.Tensor2D, W_dec as tf.Tensor),
    b_dec as tf.Tensor,
  );
  const norms = tf.norm(W_dec as tf.Tensor, 2, 1);
  const summed = penalty === 'tanh' ? tf.tanh(tf.mul(tf.mul(codes, norms), tanhScale)) : jump;
  const squares = tf.square(tf.sub(target, reconstruction));
  const terms = {
    L_reconstruct: tf.mean(tf.sum(squares, 1)) as tf.Scalar,
    L_sparsity: tf.mean(tf.sum(summed, 1)) as tf.Scalar,
  };
  const loss = tf.add(terms.L_reconstruct, tf.mul(terms.L_sparsity, lambdaSparse)) as tf.Scalar;
  const made = { codes: codes as tf.Tensor2D, reconstruction: reconstruction as tf.Tensor2D };
  if (preActWeight === 0) return { ...made, terms, loss };
  const dead = tf.cast(
    tf.greaterEqual(since_fired as tf.Tensor, training ? 1 : Infinity),
    'float32',
  );
  const missing = tf.mul(tf.mul(tf.relu(tf.sub(theta, z)), frozen(dead)), norms);
  const L_preact = tf.mean(tf.sum(missing, 1)) as tf.Scalar;
  return {
    ...made,
    terms: { ...terms, L_preact },
    loss: tf.add(loss, tf.mul(L_preact, preActWeight)),
  };
}
