import * as tf from '@tensorflow/tfjs-core';
import { type Rows, rowBatches } from '../activations/rows';
import { alreadyTrained } from '../errors';
import type { SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import { addTo } from '../math/doubleSums';
import { checkOptions } from '../options';
import { BIAS_RULES, type DecoderBiasArgs } from './args';

/**
 * Sets `b_dec` to the mean of rows, read so many at a time.
 *
 * @param steps how many steps of training the layer has taken
 * @param isLoaded whether its weights are a file's
 * @throws what `initDecoderBias` throws.
 */
export async function initDecoderBias(
  where: string,
  layer: SparseAutoencoderLayer,
  { steps, isLoaded }: { readonly steps: number; readonly isLoaded: boolean },
  x: Rows,
  args: DecoderBiasArgs,
): Promise<void> {
  const { batchSize, force } = checkOptions<Required<DecoderBiasArgs>>(where, BIAS_RULES, args);
  if (!force && steps > 0) throw alreadyTrained(where, `one after ${steps} steps`);
  if (!force && isLoaded) {
    const bias = layer.bDec.read().dataSync();
    if (bias.some((value) => value !== 0)) throw alreadyTrained(where, 'one from a file');
  }
  const width = layer.bDec.shape[0] as number;
  const mean = await meanOfRows(where, x, width, batchSize);
  tf.tidy(() => {
    layer.bDec.write(tf.tensor1d(mean));
  });
}

/** The mean of rows, summed in double precision. */
async function meanOfRows(
  where: string,
  x: Rows,
  width: number,
  batchSize: number,
): Promise<number[]> {
  const sums = new Float64Array(width);
  let rows = 0;
  for await (const batch of rowBatches(where, x, width, batchSize)) {
    const batchSums = tf.sum<tf.Tensor1D>(batch, 0);
    await addTo(sums, batchSums);
    batchSums.dispose();
    rows += batch.shape[0];
  }
  return Array.from(sums, (sum) => sum / rows);
}
