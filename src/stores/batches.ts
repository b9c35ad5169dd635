import * as tf from '@tensorflow/tfjs-core';
import {
  floatRows,
  isDataset,
  iteratorOf,
  type RowDataset,
  type RowOrigin,
} from '../activations/rows';
import { A_DATASET, dataNotFinite, tooFewBatches, wrongData, wrongOrigin } from '../errors';

/** A batch of rows in the form it is stored in. */
export interface StoredBatch {
  /** `[rows × width]`. */
  readonly values: Float32Array;
  readonly rows: number;
  readonly width: number;
  readonly origin: RowOrigin | undefined;
  /** The L2 norm of each row. */
  readonly norms: Float64Array;
}

/**
 * Yields the batches of a dataset, from a given one on, and disposes its tensors.
 *
 * @param where how errors refer to it
 * @param first the number of batches to skip; a dataset that cannot seek reads them
 * @throws SAE_DATA, SAE_SHAPE or SAE_NOT_FINITE for invalid rows, or none left.
 */
export async function* storedBatches(
  where: string,
  given: RowDataset,
  first: number,
): AsyncGenerator<StoredBatch> {
  if (!isDataset(given)) throw wrongData(where, given, A_DATASET);
  const seeks = first > 0 && given.iteratorAt !== undefined;
  const iterator = seeks ? await given.iteratorAt?.(0, first) : await iteratorOf(where, given);
  if (typeof iterator?.next !== 'function') throw wrongData(where, iterator, A_DATASET);
  for (let batch = seeks ? first : 0; ; batch++) {
    const { value, done } = (await iterator.next()) ?? {};
    if (done || value == null) {
      if (batch < first) throw tooFewBatches(where, first, batch);
      return;
    }
    if (batch < first) {
      tf.dispose(value as tf.TensorContainer);
      continue;
    }
    yield batchOf(`${where}, batch ${batch}`, value);
  }
}

async function batchOf(where: string, element: unknown): Promise<StoredBatch> {
  const { xs = element, origin } =
    element instanceof tf.Tensor ? {} : (element as { xs?: unknown; origin?: unknown });
  try {
    const width = (xs instanceof tf.Tensor ? xs.shape.at(-1) : undefined) ?? 1;
    const rows = floatRows(where, xs, width);
    try {
      const values = (await rows.data()) as Float32Array;
      const count = rows.shape[0];
      const norms = normsOf(values, count, width);
      const odd = norms.findIndex((norm) => !Number.isFinite(norm));
      if (odd >= 0) throw dataNotFinite(`${where}, row ${odd}`);
      return { values, rows: count, width, norms, origin: checkedOrigin(where, origin, count) };
    } finally {
      if (rows !== xs) rows.dispose();
    }
  } finally {
    const parts = element instanceof tf.Tensor ? [element] : Object.values(element as object);
    for (const part of parts) if (part instanceof tf.Tensor) part.dispose();
  }
}

function normsOf(values: Float32Array, rows: number, width: number): Float64Array {
  const norms = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let i = row * width; i < (row + 1) * width; i++) {
      const value = values[i] as number;
      sum += value * value;
    }
    norms[row] = Math.sqrt(sum);
  }
  return norms;
}

function checkedOrigin(where: string, origin: unknown, rows: number): RowOrigin | undefined {
  if (origin === undefined || origin === null) return undefined;
  const { examples, positions } = origin as Partial<RowOrigin>;
  for (const [name, numbers] of Object.entries({ examples, positions })) {
    const isOne = Object.prototype.toString.call(numbers) === '[object Int32Array]';
    if (!isOne) throw wrongOrigin(where, rows, `no Int32Array as ${name}`);
    const { length } = numbers as Int32Array;
    if (length !== rows) throw wrongOrigin(where, rows, `${length} ${name}`);
  }
  return { examples: examples as Int32Array, positions: positions as Int32Array };
}
