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
 * The share of the data's variance that the reconstruction keeps: 1 for a perfect one, 0 for one that
 * is always the mean, below 0 for a worse one. One pass, sums in double precision.
 *
 * $$
 * 1 - \frac{\mathbb{E}\,\lVert x - \hat x \rVert_2^2}
 *   {\mathbb{E}\,\lVert x \rVert_2^2 - \lVert \mathbb{E}\,x \rVert_2^2}
 * $$
 *
 * which is 1 less the normalized error of Gao et al. 2024 (arXiv:2406.04093): of all values together,
 * not a mean over them.
 *
 * Norms are taken from the first batch's mean: the variance stays the same, and the squares of data
 * far from zero do not swallow it.
 *
 * @param model the dictionary
 * @param x rows `[..., inputDim]`, or a dataset of them; for a transcoder a dataset of `{xs, ys}`
 * @param args `batchSize`: rows of a tensor that are read at a time, 512 by default
 * @returns at most 1
 * @throws SAE_DATA where the data has no variance, all rows being alike; SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE for rows of another form; SAE_OPTION for an unknown
 * option or a wrong value.
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
 * The share of the variance of targets that a dictionary, such as a transcoder, makes of other rows:
 * with $y$ for $x$ in the formula.
 *
 * @param model the dictionary
 * @param x rows `[..., inputDim]`
 * @param y what the reconstructions are to be, `[..., outputDim]`
 * @param args `batchSize`: rows that are read at a time, 512 by default
 * @returns at most 1
 * @throws what it throws without a target: SAE_DATA, SAE_SHAPE, SAE_NOT_FINITE or SAE_OPTION; SAE_SHAPE
 * also for a target of another width or number of rows.
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
  // An autoencoder's targets count where they are given, but not in datasets: its rows are its own.
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

/** Whether a row of the batch differs from this one at all: a sum of squares would round. */
async function differs(batch: tf.Tensor2D, row: tf.Tensor): Promise<boolean> {
  // Not by tf.notEqual, which tfjs's WebGL gives as false throughout.
  const most = tf.tidy(() => tf.max(tf.abs(tf.sub(batch, row))));
  const [found] = await most.data();
  most.dispose();
  return found !== 0;
}
