import * as tf from '@tensorflow/tfjs-core';
import { floatRows, rowBatches } from '../activations/rows';
import type { Inference } from '../engine/inference';
import { dataNotFinite } from '../errors';
import { checkCodes, joinCodes, type SparseCodes, sliceCodes } from '../kernels/sparseCodes';
import { allFinite, allFiniteAsync } from '../math/finite';
import { inDimsOf } from '../math/leadingDims';
import { checkOptions } from '../options';
import { type PassArgs, STREAM_RULES } from './args';

/**
 * Applies `use` to the rows of `x`, and returns the result in the leading dimensions of `x`.
 *
 * @throws SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE for invalid rows.
 */
export function withRows<T extends tf.Tensor>(
  where: string,
  x: T,
  width: number,
  use: (rows: tf.Tensor2D) => tf.Tensor2D,
): T {
  return withFiniteRows(where, x, width, (rows) => backInDims(x, use(rows)));
}

/** Does the same for several results by name. */
export function partsOfRows<T extends tf.Tensor>(
  where: string,
  x: T,
  width: number,
  use: (rows: tf.Tensor2D) => Readonly<Record<string, tf.Tensor2D>>,
): Record<string, T> {
  return withFiniteRows(where, x, width, (rows) => {
    const parts = Object.entries(use(rows));
    return Object.fromEntries(parts.map(([name, part]) => [name, backInDims(x, part)]));
  });
}

function withFiniteRows<T>(
  where: string,
  x: tf.Tensor,
  width: number,
  use: (rows: tf.Tensor2D) => T,
): T {
  const rows = floatRows(where, x, width);
  try {
    if (!allFinite(rows)) throw dataNotFinite(where);
    return use(rows);
  } finally {
    if (rows !== x) rows.dispose();
  }
}

/** Returns rows in the leading dimensions of `x`, and takes ownership of the rows. */
function backInDims<T extends tf.Tensor>(x: T, rows: tf.Tensor2D): T {
  const shaped = inDimsOf(x, rows);
  if (shaped !== (rows as tf.Tensor)) rows.dispose();
  return shaped;
}

/** Returns the sparse codes of rows, encoded a part at a time. */
export async function encodeSparse(
  inference: Inference,
  where: string,
  x: tf.Tensor,
  width: number,
  args: PassArgs,
): Promise<SparseCodes> {
  const { batchSize } = checkOptions<Required<PassArgs>>(where, STREAM_RULES, args);
  const parts: SparseCodes[] = [];
  for await (const batch of rowBatches(where, x, width, batchSize)) {
    parts.push(await inference.encode(batch));
  }
  return joinCodes(parts);
}

/**
 * Returns rows `[rows, outputDim]` from sparse codes, decoded a part at a time.
 *
 * @throws SAE_DATA for codes that do not fit this dictionary.
 */
export async function decodeSparse(
  inference: Inference,
  where: string,
  codes: SparseCodes,
  [encodingDim, outputDim]: readonly [number, number],
  args: PassArgs,
): Promise<tf.Tensor2D> {
  const { batchSize } = checkOptions<Required<PassArgs>>(where, STREAM_RULES, args);
  checkCodes(where, codes, encodingDim);
  const rows = codes.rowOffsets.length - 1;
  const values = new Float32Array(rows * outputDim);
  for (let row = 0; row < rows; row += batchSize) {
    const batch = sliceCodes(codes, row, Math.min(row + batchSize, rows));
    values.set(await inference.decode(batch), row * outputDim);
  }
  return tf.tensor2d(values, [rows, outputDim]);
}

/**
 * Returns the reconstruction of `x`, in its leading dimensions; the caller has checked the model
 * and `x`.
 */
export async function reconstruct<T extends tf.Tensor>(
  inference: Inference,
  where: string,
  x: T,
  width: number,
): Promise<T> {
  const rows = floatRows(where, x, width);
  try {
    if (!(await allFiniteAsync(rows))) throw dataNotFinite(where);
    return backInDims(x, await inference.reconstruct(rows));
  } finally {
    if (rows !== x) rows.dispose();
  }
}
