import * as tf from '@tensorflow/tfjs';
import { frozen } from './frozen';
import type { NamedWeights, ReferencePass } from './index';

const meanRowSum = (t: tf.Tensor): tf.Scalar => tf.mean(tf.sum(t, 1));

/** arXiv:2404.16014, equations 6 to 8, with both paths' products taken separately. */
export function pass(
  x: tf.Tensor2D,
  target: tf.Tensor2D,
  { W_gate, b_gate, r_mag, b_mag, W_dec, b_dec }: NamedWeights,
  { lambdaSparse, auxWeight }: Record<string, number>,
): ReferencePass {
  const centred = tf.sub(x, b_dec as tf.Tensor);
  const piGate = tf.add(tf.matMul(centred, W_gate as tf.Tensor), b_gate as tf.Tensor);
  const wMag = tf.mul(W_gate as tf.Tensor, tf.exp(r_mag as tf.Tensor));
  const magnitude = tf.relu(tf.add(tf.matMul(centred, wMag), b_mag as tf.Tensor));
  const codes = tf.mul(tf.step(piGate), magnitude) as tf.Tensor2D;
  const decode = (f: tf.Tensor, w: tf.Tensor, b: tf.Tensor) =>
    tf.add(tf.matMul(f, w), b) as tf.Tensor2D;
  const reconstruction = decode(codes, W_dec as tf.Tensor, b_dec as tf.Tensor);
  const open = tf.relu(piGate);
  const auxiliary = decode(open, frozen(W_dec as tf.Tensor), frozen(b_dec as tf.Tensor));
  const terms = {
    L_reconstruct: meanRowSum(tf.square(tf.sub(target, reconstruction))),
    L_sparsity: meanRowSum(open),
    L_aux: meanRowSum(tf.square(tf.sub(target, auxiliary))),
  };
  const loss: tf.Scalar = tf.add(
    terms.L_reconstruct,
    tf.add(
      tf.mul(terms.L_sparsity, lambdaSparse as number),
      tf.mul(terms.L_aux, auxWeight as number),
    ),
  );
  return { codes, reconstruction, loss, terms };
}
