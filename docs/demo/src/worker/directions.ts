import type { SAEModel } from 'gated-sae-tfjs';

/**
 * The decoder's rows of some features, `[features × PIXELS]`: what each of them alone adds to what
 * the decoder makes of no feature. During training this does not disturb the other weights.
 */
export async function directions(model: SAEModel, features: Uint32Array): Promise<Float32Array> {
  const count = features.length;
  if (count === 0) return new Float32Array(0);
  const alone = await model.decodeSparse({
    indices: features,
    values: new Float32Array(count).fill(1),
    rowOffsets: Uint32Array.from({ length: count + 2 }, (_, row) => Math.min(row, count)),
  }); // [features + 1, PIXELS]: the last row has no feature
  const rows = (await alone.data()) as Float32Array;
  alone.dispose();
  const none = rows.subarray(count * model.inputDim);
  return rows
    .subarray(0, count * model.inputDim)
    .map((value, i) => value - (none[i % model.inputDim] as number));
}
