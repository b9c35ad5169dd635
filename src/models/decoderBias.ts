import * as tf from '@tensorflow/tfjs-core';
import { isDataset, iteratorOf, type Rows, rowBatches } from '../activations/rows';
import { alreadyTrained } from '../errors';
import type { SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import { addTo } from '../math/doubleSums';
import { checkOptions } from '../options';
import { BIAS_RULES, type DecoderBiasArgs } from './args';

/**
 * Sets `b_dec` to the mean of rows, or of a transcoder's targets, read so many at a time.
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
  const targets = layer.isTranscoder ? targetsOf(where, x) : x;
  const mean = await meanOfRows(where, targets, layer.outputDim, batchSize);
  tf.tidy(() => {
    layer.bDec.write(tf.tensor1d(mean));
  });
}

/** Only the targets of `{xs, ys}`, where a dataset hands out such ones; else the same. */
function targetsOf(where: string, source: Rows): Rows {
  if (!isDataset(source)) return source;
  const iterator = async () => {
    const batches = await iteratorOf(where, source);
    const next = async (): Promise<IteratorResult<unknown, unknown>> => {
      const { value, done = false } = (await batches.next()) ?? {};
      const { xs, ys = value } = (value ?? {}) as { xs?: unknown; ys?: unknown };
      if (ys !== value && ys !== xs) tf.dispose(xs as tf.TensorContainer);
      return { value: ys, done };
    };
    return { next };
  };
  return { iterator };
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
