import * as tf from '@tensorflow/tfjs';
import { pass as ofBatchTopK } from './batchtopk';
import type { NamedWeights, ReferencePass } from './index';

interface Options {
  prefixes?: number[];
  drawnPrefixes: number;
  prefixSeed: number;
}

/** Of the tests' ten features. */
const PREFIXES = [3, 5, 10];
export const options = { k: 4, prefixes: PREFIXES };
export const forms = {
  'drawn prefixes': { prefixes: undefined, drawnPrefixes: 4, prefixSeed: 11 },
};

/** A number from another: what products lose above 31 bits is nothing that BigInt loses. */
function mixed(value: bigint): bigint {
  let x = value;
  for (const factor of [48271n, 69621n]) x = ((x ^ (x >> 15n)) * factor) % 2n ** 31n;
  return x ^ (x >> 16n);
}

/** Of a truncated Pareto distribution with exponent 1/2, by the inverse of its distribution function. */
export function drawn(features: number, count: number, seed: number, step: number): number[] {
  const found: number[] = [];
  const start = mixed(mixed(BigInt(seed)) ^ BigInt(Math.trunc(step)));
  for (let i = 1; i < count; i++) {
    const share = Number(mixed(start ^ BigInt(i))) / 2 ** 31;
    const tail = 1 - share + share / Math.sqrt(features); // P(m > n) in the mixture with what is cut off
    let size = Math.min(features - 1, Math.floor(1 / tail ** 2));
    while (found.includes(size)) size = size === features - 1 ? 1 : size + 1;
    found.push(size);
  }
  return [...found.sort((a, b) => a - b), features];
}

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
  const { prefixes, drawnPrefixes, prefixSeed } = given as unknown as Options;
  const step = weights['draws']?.dataSync()[0] ?? 0;
  const counts = prefixes ?? drawn(codes.shape[1], drawnPrefixes, prefixSeed, step);
  const errors = counts.map((count) => {
    const own = tf.slice(codes, [0, 0], [-1, count]);
    const decoded = tf.add(tf.matMul(own, tf.slice(W_dec, 0, count) as tf.Tensor2D), b_dec);
    return tf.mean(tf.sum(tf.square(tf.sub(target, decoded)), 1));
  });
  const loss = tf.addN(errors) as tf.Scalar;
  return { codes, reconstruction, loss, terms: { L_reconstruct: loss } };
}
