import * as tf from '@tensorflow/tfjs-core';
import { type Rows, rowBatches } from '../activations/rows';
import { addTo } from '../math/doubleSums';
import type { SAEModel } from '../models/saeModel';
import { checkOptions, positiveInteger, type Rules } from '../options';

const RULES: Rules<{ batchSize?: number }> = { batchSize: positiveInteger(512) };

/**
 * The share of the data's variance that the reconstruction keeps:
 * `1 − E‖x − xHat‖² / (E‖x‖² − ‖E x‖²)`, 1 for a perfect one and 0 for one that is always the mean.
 * One pass, sums in double precision.
 *
 * @param x rows `[rows, inputDim]`, or a dataset of them
 * @returns NaN where the data has no variance.
 * @throws SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE for rows of another form; SAE_OPTION.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { explainedVariance, GatedSAE } from 'gated-sae-tfjs';
 * const sae = new GatedSAE({ inputDim: 8, encodingDim: 32 });
 * console.log(await explainedVariance(sae, tf.randomUniform([100, 8])));
 * ```
 */
export async function explainedVariance(
  model: SAEModel,
  x: Rows,
  args: { batchSize?: number } = {},
): Promise<number> {
  const { batchSize } = checkOptions('explainedVariance', RULES, args);
  let rows = 0;
  let squaredError = 0; // Σ ‖x − xHat‖²
  let squaredNorm = 0; // Σ ‖x‖²
  const sums = new Float64Array(model.inputDim); // Σ x
  for await (const batch of rowBatches('explainedVariance', x, model.inputDim, batchSize)) {
    const [errors, norms, columns] = tf.tidy(() => {
      const xHat = model.sae.decode(model.sae.encode(batch)); // [batch, inputDim]
      const error = tf.sum(tf.square(tf.sub(batch, xHat)), 1); // [batch]
      return [error, tf.sum(tf.square(batch), 1), tf.sum<tf.Tensor1D>(batch, 0)] as const;
    });
    for (const value of await errors.data()) squaredError += value;
    for (const value of await norms.data()) squaredNorm += value;
    await addTo(sums, columns);
    tf.dispose([errors, norms, columns]);
    rows += batch.shape[0];
  }
  const squaredMean = sums.reduce((total, sum) => total + (sum / rows) ** 2, 0); // ‖E x‖²
  const variance = squaredNorm / rows - squaredMean;
  return variance > 0 ? 1 - squaredError / rows / variance : Number.NaN;
}
