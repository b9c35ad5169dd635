import * as tf from '@tensorflow/tfjs-core';
import { batchesIn, type Rows } from '../activations/rows';
import { noVariance } from '../errors';
import { addTo } from '../math/doubleSums';
import { type PassArgs, STREAM_RULES } from '../models/args';
import { targetAndArgs } from '../models/data';
import { assertDictionary } from '../models/givenModel';
import type { SAEModel } from '../models/saeModel';
import { checkOptions } from '../options';

/**
 * Computes the share of the data's variance that the reconstruction keeps: 1 for a perfect one, 0
 * for one that is always the mean, below 0 for a worse one. It takes one pass, with sums in double
 * precision.
 *
 * $$
 * 1 - \frac{\mathbb{E}\,\lVert x - \hat x \rVert_2^2}
 *   {\mathbb{E}\,\lVert x \rVert_2^2 - \lVert \mathbb{E}\,x \rVert_2^2}
 * $$
 *
 * which is 1 minus the normalized error of Gao et al. 2024 (arXiv:2406.04093): over all values
 * together, not a mean over dimensions.
 *
 * Norms are computed relative to the first batch's mean: the variance stays the same, and for data
 * far from zero the squares do not cancel out its digits.
 *
 * @param model the dictionary
 * @param x rows `[..., inputDim]`, or a dataset of them; for a transcoder a dataset of `{xs, ys}`
 * @param args `batchSize`: rows of a tensor that are read at a time, 512 by default
 * @returns at most 1
 * @throws SAE_DATA if the data has no variance because all rows are alike; SAE_SHAPE, SAE_DATA or
 *   SAE_NOT_FINITE for invalid rows; SAE_OPTION for an unknown option or a wrong value.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { explainedVariance, GatedSAE } from 'gated-sae-tfjs';
 * const sae = new GatedSAE({ inputDim: 8, encodingDim: 32 });
 * console.log(await explainedVariance(sae, tf.randomUniform([100, 8])));
 * ```
 */
export async function explainedVariance(model: SAEModel, x: Rows, args?: PassArgs): Promise<number>;
/**
 * Computes the share of the targets' variance that a dictionary with separate targets, such as a
 * transcoder, keeps: the formula with $y$ in place of $x$.
 *
 * @param model the dictionary
 * @param x rows `[..., inputDim]`
 * @param y what the reconstructions should be, `[..., outputDim]`
 * @param args `batchSize`: rows that are read at a time, 512 by default
 * @returns at most 1
 * @throws the same as without a target: SAE_DATA, SAE_SHAPE, SAE_NOT_FINITE or SAE_OPTION;
 *   SAE_SHAPE also for a target of another width or number of rows.
 */
export async function explainedVariance(
  model: SAEModel,
  x: tf.Tensor,
  y: tf.Tensor,
  args?: PassArgs,
): Promise<number>;
export async function explainedVariance(
  model: SAEModel,
  x: Rows,
  yOrArgs?: tf.Tensor | PassArgs,
  lastArgs?: PassArgs,
): Promise<number> {
  const [y, args] = targetAndArgs<Rows, PassArgs>(x, yOrArgs, lastArgs);
  const { batchSize } = checkOptions<Required<PassArgs>>('explainedVariance', STREAM_RULES, args);
  assertDictionary('explainedVariance', model);
  // An autoencoder's targets count if they are given as a tensor, but not in datasets, where its
  // rows are its targets.
  const widths = y === x && !model.isTranscoder ? model.inputDim : model;
  let rows = 0;
  let squaredError = 0; // Σ ‖y − xHat‖²
  let squaredNorm = 0; // Σ ‖y − shift‖²
  const sums = new Float64Array(model.outputDim); // Σ y − shift
  let shift: tf.Tensor | undefined; // [outputDim]
  let first: tf.Tensor | undefined; // [1, outputDim]
  let varies = false;
  try {
    for await (const { xs, ys } of batchesIn('explainedVariance', [x, y], widths, batchSize)) {
      const centre = shift ?? tf.mean(ys, 0);
      shift = centre;
      first ??= tf.slice(ys, 0, 1);
      varies ||= await differs(ys, first);
      const xHat = await model.reconstruct(xs); // [batch, outputDim]
      const [errors, norms, columns] = tf.tidy(() => {
        const error = tf.sum(tf.square(tf.sub(ys, xHat)), 1); // [batch]
        const shifted = tf.sub(ys, centre); // [batch, outputDim]
        return [error, tf.sum(tf.square(shifted), 1), tf.sum<tf.Tensor1D>(shifted, 0)] as const;
      });
      for (const value of await errors.data()) squaredError += value;
      for (const value of await norms.data()) squaredNorm += value;
      await addTo(sums, columns);
      tf.dispose([xHat, errors, norms, columns]);
      rows += ys.shape[0];
    }
  } finally {
    tf.dispose([shift, first]);
  }
  const squaredMean = sums.reduce((total, sum) => total + (sum / rows) ** 2, 0); // ‖E y − shift‖²
  const variance = squaredNorm / rows - squaredMean;
  if (!varies || !(variance > 0)) throw noVariance('explainedVariance', rows);
  return 1 - squaredError / rows / variance;
}

/**
 * Returns whether any row of the batch differs from this one: a sum of squares would be rounded.
 */
async function differs(batch: tf.Tensor2D, row: tf.Tensor): Promise<boolean> {
  // Not by tf.notEqual, which always gives false on tfjs's WebGL.
  const most = tf.tidy(() => tf.max(tf.abs(tf.sub(batch, row))));
  const [found] = await most.data();
  most.dispose();
  return found !== 0;
}
