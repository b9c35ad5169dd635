import * as tf from '@tensorflow/tfjs-core';
import { matMul } from '../math/matMul';

/**
 * Nested dictionaries: the first features alone, then more of them, up to all, each of which
 * reconstructs the rows by itself (Bussmann et al. 2025).
 */

/**
 * Returns the features that each dictionary has beyond the previous one: the first, and how many.
 */
export const blocksOf = (prefixes: readonly number[]): { from: number; size: number }[] =>
  prefixes.map((to, i) => {
    const from = prefixes[i - 1] ?? 0;
    return { from, size: to - from };
  });

/**
 * Returns the reconstruction of each dictionary.
 *
 * @param codes `[batch, features]`
 * @param prefixes the numbers of features, ascending up to all
 * @returns `[batch, inputDim]` each, smallest dictionary first; the caller disposes them.
 */
export function nestedDecodings(
  codes: tf.Tensor2D,
  wDec: tf.Tensor2D,
  bDec: tf.Tensor1D,
  prefixes: readonly number[],
): tf.Tensor2D[] {
  const decoded: tf.Tensor2D[] = [];
  for (const { from, size } of blocksOf(prefixes)) {
    const own = matMul(tf.slice(codes, [0, from], [-1, size]), tf.slice(wDec, from, size));
    decoded.push(tf.add<tf.Tensor2D>(decoded.at(-1) ?? bDec, own));
  }
  return decoded;
}

/**
 * Returns the gradients with respect to the codes and W_dec, from those with respect to each
 * reconstruction.
 *
 * @param dDecodings the derivatives with respect to each dictionary's reconstruction, smallest
 *   first, `[batch, inputDim]`
 * @returns also the sum of the derivatives, from which the derivative of `b_dec` is obtained by
 *   summing over the batch; the caller disposes them.
 */
export function nestedGradients(
  codes: tf.Tensor2D,
  wDec: tf.Tensor2D,
  dDecodings: readonly tf.Tensor2D[],
  prefixes: readonly number[],
) {
  // A feature is in its own dictionary and in all larger ones.
  const sums: tf.Tensor2D[] = [];
  for (const d of [...dDecodings].reverse()) {
    const [larger] = sums;
    sums.unshift(larger ? tf.add<tf.Tensor2D>(larger, d) : d);
  }
  const blocks = blocksOf(prefixes).map((block, i) => ({ ...block, sum: sums[i] as tf.Tensor2D }));
  const ofCodes = ({ from, size, sum }: (typeof blocks)[0]) =>
    matMul(sum, tf.slice(wDec, from, size), false, true);
  const ofRows = ({ from, size, sum }: (typeof blocks)[0]) =>
    matMul(tf.slice(codes, [0, from], [-1, size]), sum, true);
  return {
    dCodes: tf.concat<tf.Tensor2D>(blocks.map(ofCodes), 1),
    dWDec: tf.concat<tf.Tensor2D>(blocks.map(ofRows), 0),
    dSum: sums[0] as tf.Tensor2D,
  };
}
