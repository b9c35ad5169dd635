import * as tf from '@tensorflow/tfjs-core';
import { isDataset, iteratorOf, type Rows, rowBatches } from '../activations/rows';
import { alreadyTrained } from '../errors';
import { frameOf, into, SCALE } from '../layers/normalization';
import type { SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import { addTo } from '../math/doubleSums';
import { checkOptions } from '../options';
import { BIAS_RULES, type DecoderBiasArgs } from './args';
import { isScaleKnown, scaleOfNorms, sumOfNorms } from './normalizing';

/**
 * Sets `b_dec` to the mean of rows, or of a transcoder's targets, read a part at a time.
 *
 * @param steps how many steps of training the layer has taken
 * @param isLoaded whether its weights come from a file
 * @throws the same as `initDecoderBias`.
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
  const { mean, scale } = await meansOf(where, layer, targets, batchSize);
  tf.tidy(() => {
    if (scale) layer.writeStates({ [SCALE]: tf.scalar(scale) });
    layer.bDec.write(tf.tensor1d(mean));
  });
}

/** Returns only the targets if a dataset yields `{xs, ys}`; otherwise the same. */
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

/**
 * Returns the mean of normalized rows, summed in double precision, and the scale of mean norm if
 * these rows are the first to determine it.
 */
async function meansOf(
  where: string,
  layer: SparseAutoencoderLayer,
  x: Rows,
  batchSize: number,
): Promise<{ mean: number[]; scale: number }> {
  const { outputDim: width } = layer;
  const learns = !(await isScaleKnown(layer));
  const sums = new Float64Array(width);
  let rows = 0;
  let norms = 0;
  for await (const batch of rowBatches(where, x, width, batchSize)) {
    const batchSums = tf.tidy(() => tf.sum<tf.Tensor1D>(into(frameOf(layer, batch), batch), 0));
    await addTo(sums, batchSums);
    batchSums.dispose();
    if (learns) norms += await sumOfNorms(batch);
    rows += batch.shape[0];
  }
  const scale = scaleOfNorms(norms, rows, width); // 0 if there is none to determine
  const mean = Array.from(sums, (sum) => (sum / rows) * (scale || 1));
  return { mean, scale };
}
