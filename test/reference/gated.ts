import * as tf from '@tensorflow/tfjs';
import { frozen } from './frozen';
import type { NamedWeights, ReferencePass } from './index';

const meanRowSum = (t: tf.Tensor): tf.Scalar => tf.mean(tf.sum(t, 1));

interface Options {
  lambdaSparse: number;
  auxWeight: number;
  loss: 'paper' | 'saelens';
}

export const forms = { saelens: { loss: 'saelens' } };

/**
 * arXiv:2404.16014, equations 6 to 8, with both paths' products taken separately. SAELens stops no
 * gradient, and weighs the gates by the norms of decoder rows.
 */
export function pass(
  x: tf.Tensor2D,
  target: tf.Tensor2D,
  { W_gate, b_gate, r_mag, b_mag, W_dec, b_dec }: NamedWeights,
  { lambdaSparse, auxWeight, loss: form }: Options,
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
  const isPaper = form === 'paper';
  const [wAux, bAux] = [W_dec, b_dec].map((w) => (isPaper ? frozen(w as tf.Tensor) : w));
  const auxiliary = decode(open, wAux as tf.Tensor, bAux as tf.Tensor);
  const weighed = isPaper ? open : tf.mul(open, tf.norm(W_dec as tf.Tensor, 2, 1));
  const terms = {
    L_reconstruct: meanRowSum(tf.square(tf.sub(target, reconstruction))),
    L_sparsity: meanRowSum(weighed),
    L_aux: meanRowSum(tf.square(tf.sub(target, auxiliary))),
  };
  const loss: tf.Scalar = tf.add(
    terms.L_reconstruct,
    tf.add(tf.mul(terms.L_sparsity, lambdaSparse), tf.mul(terms.L_aux, auxWeight)),
  );
  return { codes, reconstruction, loss, terms };
}
