import * as tf from '@tensorflow/tfjs-core';
import type { SparseCodes } from '../../kernels/sparseCodes';
import { frameOf } from '../../layers/normalization';
import { asRows } from '../../math/leadingDims';
import type { SAEModel } from '../../models/saeModel';

/** Where each feature fires in the activations of a layer, and how much it adds to them. */
export interface Firings {
  /** A feature has the entries from `offsets[feature]` to `offsets[feature + 1]`. */
  readonly offsets: Uint32Array;
  /** Rows, ascending within each feature. */
  readonly rows: Uint32Array;
  /** The feature's code on the row. */
  readonly codes: Float32Array;
  /** The factor of its decoder row there, in the model's own scale. */
  readonly factors: Float32Array;
}

/**
 * Returns the firings of a dictionary in activations, feature by feature.
 *
 * $$ x' = x + \sum_i (f'_i - f_i)\, s\, W_{dec,i} $$
 *
 * is the effect of an edit of codes $f$ on activations with the error kept, with $s$ the scale that
 * the dictionary has divided out: a firing's factor is $f_i\, s$.
 *
 * @param hidden `[..., width]`
 * @param keep 1 for each row that counts, otherwise 0; all by default
 * @throws SAE_SHAPE, SAE_NOT_FINITE for invalid activations.
 */
export async function firingsIn(
  sae: SAEModel,
  hidden: tf.Tensor,
  keep?: Uint8Array,
): Promise<Firings> {
  const sparse = await sae.encodeSparse(hidden);
  const inverse = tf.tidy(() => frameOf(sae.sae, asRows(hidden))?.inverse.dataSync<'float32'>());
  return firings(sparse, sae.encodingDim, keep, inverse);
}

/** @param inverse the inverse of the scale: per row, one for all, or none */
function firings(
  { indices, values, rowOffsets }: SparseCodes,
  features: number,
  keep: Uint8Array | undefined,
  inverse: Float32Array | undefined,
): Firings {
  const offsets = new Uint32Array(features + 1);
  const eachKept = (use: (row: number, at: number) => void) => {
    for (let row = 0; row < rowOffsets.length - 1; row++) {
      if (keep?.[row] === 0) continue;
      const end = rowOffsets[row + 1] as number;
      for (let at = rowOffsets[row] as number; at < end; at++) use(row, at);
    }
  };
  eachKept((_, at) => {
    const feature = indices[at] as number;
    offsets[feature + 1] = (offsets[feature + 1] as number) + 1;
  });
  for (let i = 0; i < features; i++) {
    offsets[i + 1] = (offsets[i + 1] as number) + (offsets[i] as number);
  }
  const next = offsets.slice();
  const count = offsets[features] as number;
  const rows = new Uint32Array(count);
  const codes = new Float32Array(count);
  const factors = new Float32Array(count);
  eachKept((row, at) => {
    const feature = indices[at] as number;
    const to = next[feature] as number;
    const scale = inverse ? (inverse[inverse.length === 1 ? 0 : row] as number) : 1;
    next[feature] = to + 1;
    rows[to] = row;
    codes[to] = values[at] as number;
    factors[to] = (values[at] as number) * scale;
  });
  return { offsets, rows, codes, factors };
}
