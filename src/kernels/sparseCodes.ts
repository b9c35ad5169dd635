import { wrongCodes } from '../errors';

/**
 * Codes of rows, few of them above 0: a matrix `[rows, features]` in compressed sparse row form.
 */
export interface SparseCodes {
  /** Feature numbers, ascending within each row. */
  readonly indices: Uint32Array;
  /** The codes of these features, all above 0. */
  readonly values: Float32Array;
  /**
   * Row i has the entries from `rowOffsets[i]` up to `rowOffsets[i + 1]`: one more offset than
   * rows.
   */
  readonly rowOffsets: Uint32Array;
}

/** @throws SAE_DATA for codes that do not fit a dictionary with this many features. */
export function checkCodes(where: string, codes: unknown, features: number): void {
  const { indices, values, rowOffsets } = (codes ?? {}) as Partial<SparseCodes>;
  if (
    !(indices instanceof Uint32Array) ||
    !(values instanceof Float32Array) ||
    !(rowOffsets instanceof Uint32Array)
  ) {
    const kinds = [indices, values, rowOffsets].map((part) => Object.prototype.toString.call(part));
    const expected = 'indices as Uint32Array, values as Float32Array, rowOffsets as Uint32Array';
    throw wrongCodes(where, expected, kinds);
  }
  const count = indices.length;
  const ends = rowOffsets[0] === 0 && rowOffsets.at(-1) === count && values.length === count;
  const fall = rowOffsets.findIndex((offset, row) => offset < (rowOffsets[row - 1] ?? 0));
  if (!ends || fall >= 0) {
    const received = fall < 0 ? [rowOffsets[0], rowOffsets.at(-1)] : rowOffsets[fall];
    const expected = `as many values as indices, and row offsets that rise from 0 to ${count}`;
    throw wrongCodes(where, expected, received);
  }
  if (rowOffsets.length < 2) throw wrongCodes(where, 'at least one row', []);
  const beyond = indices.find((feature) => feature >= features);
  if (beyond !== undefined) throw wrongCodes(where, `features below ${features}`, beyond);
  const odd = values.find((code) => !Number.isFinite(code));
  if (odd !== undefined) throw wrongCodes(where, 'finite codes', odd);
}

/** Returns the codes of some rows: from `from` up to, but excluding, `to`. */
export function sliceCodes(codes: SparseCodes, from: number, to: number): SparseCodes {
  const rowOffsets = codes.rowOffsets.slice(from, to + 1);
  const first = rowOffsets[0] as number;
  const last = rowOffsets.at(-1);
  return {
    indices: codes.indices.subarray(first, last),
    values: codes.values.subarray(first, last),
    rowOffsets: rowOffsets.map((offset) => offset - first),
  };
}

/** Concatenates the rows of all parts. */
export function joinCodes(parts: readonly SparseCodes[]): SparseCodes {
  const only = parts[0];
  if (only && parts.length === 1) return only;
  const count = parts.reduce((sum, { indices }) => sum + indices.length, 0);
  const rows = parts.reduce((sum, { rowOffsets }) => sum + rowOffsets.length - 1, 0);
  const indices = new Uint32Array(count);
  const values = new Float32Array(count);
  const rowOffsets = new Uint32Array(rows + 1);
  let at = 0;
  let row = 0;
  for (const part of parts) {
    indices.set(part.indices, at);
    values.set(part.values, at);
    for (const offset of part.rowOffsets.subarray(1)) {
      row += 1;
      rowOffsets[row] = at + offset;
    }
    at += part.indices.length;
  }
  return { indices, values, rowOffsets };
}

/**
 * Converts dense codes `[rows, features]`, flat, to their few values above 0; NaN is kept, since it
 * must be noticed.
 */
export function sparseCodes(dense: Float32Array, features: number): SparseCodes {
  const count = dense.reduce((sum, code) => sum + (code <= 0 ? 0 : 1), 0);
  const indices = new Uint32Array(count);
  const values = new Float32Array(count);
  const rowOffsets = new Uint32Array(dense.length / features + 1);
  let found = 0;
  for (let row = 0; row < rowOffsets.length - 1; row++) {
    for (let feature = 0; feature < features; feature++) {
      const code = dense[row * features + feature] as number;
      if (code <= 0) continue;
      indices[found] = feature;
      values[found] = code;
      found += 1;
    }
    rowOffsets[row + 1] = found;
  }
  return { indices, values, rowOffsets };
}

/** Returns the codes as dense ones `[rows, features]`, flat. */
export function denseCodes(
  { indices, values, rowOffsets }: SparseCodes,
  features: number,
): Float32Array {
  const rows = rowOffsets.length - 1;
  const dense = new Float32Array(rows * features);
  for (let row = 0; row < rows; row++) {
    for (let i = rowOffsets[row] as number; i < (rowOffsets[row + 1] as number); i++) {
      const at = row * features + (indices[i] as number);
      dense[at] = (dense[at] as number) + (values[i] as number);
    }
  }
  return dense;
}
