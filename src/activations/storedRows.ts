import { type Tensor2D, tensor2d } from '@tensorflow/tfjs-core';
import { dataNotFinite } from '../errors';
import { areFinite } from '../math/finite';
import { SHARES } from './byteRows';
import type { RowDataset, RowIterator, RowOrigin } from './rows';

/** A stored array whose rows can be read in part, such as `io/npy` opens. */
export interface StoredArray {
  /** How errors refer to it. */
  readonly name: string;
  /** NumPy's name of its number type: values of `u1` are shares of 255. */
  readonly dtype: string;
  /**
   * Returns the values of rows `first` to `first + rows`, one row after another.
   *
   * @param axes how many of the leading axes count rows together
   */
  read(first: number, rows: number, axes: number): Promise<ArrayLike<number>>;
  /** Reads into existing memory, as many rows as fit; defined only if that saves a copy. */
  readInto?(values: Float32Array, first: number, axes: number): Promise<void>;
  /**
   * Returns how errors refer to a row, by default its name and the row's number; `axes` as for
   * `read`.
   */
  rowName?(row: number, axes: number): string;
}

/** The rows of a stored array. */
export interface RowSource {
  readonly array: StoredArray;
  /** Values in a row: the last axis, or several axes flattened. */
  readonly width: number;
  /** The number of rows, from the first on. */
  readonly rows: number;
  /** How many of the array's axes count rows. */
  readonly axes: number;
  /**
   * The origin of each row: pairs of example and position, one after another; undefined if unknown.
   */
  readonly origins?: Pick<StoredArray, 'read'>;
}

/** The numbers that give a row's origin: its example and its position. */
export const ORIGIN_WIDTH = 2;

/** Splits pairs of example and position into one list for each. */
export function originOf(pairs: Int32Array): RowOrigin {
  const rows = pairs.length / ORIGIN_WIDTH;
  const column = (at: number) =>
    Int32Array.from({ length: rows }, (_, row) => pairs[row * ORIGIN_WIDTH + at] as number);
  return { examples: column(0), positions: column(1) };
}

/** Returns a batch as a dataset yields it: bare, or with the origin of its rows. */
export const elementOf = (xs: Tensor2D, pairs: Int32Array | undefined) =>
  pairs ? { xs, origin: originOf(pairs) } : xs;

/**
 * Returns rows as float32, with bytes as shares of 255.
 *
 * @param room `[count × width]` for the result: allocating memory takes as long as reading
 * @returns `[count × width]`: `room` if it was given; otherwise possibly a read-only view of what
 *   was read.
 * @throws SAE_NOT_FINITE, with the number of the row.
 */
export async function readRows(
  { array, width, axes }: RowSource,
  start: number,
  count: number,
  room?: Float32Array,
): Promise<Float32Array> {
  const values = await floatsOf(array, start, count, axes, room);
  if (areFinite(values)) return values;
  const row = start + Math.floor(values.findIndex((value) => !Number.isFinite(value)) / width);
  throw dataNotFinite(array.rowName?.(row, axes) ?? `${array.name}, row ${row}`);
}

async function floatsOf(
  array: StoredArray,
  start: number,
  count: number,
  axes: number,
  room: Float32Array | undefined,
): Promise<Float32Array> {
  const isBytes = array.dtype === 'u1';
  if (room && array.readInto && !isBytes) {
    await array.readInto(room, start, axes);
    return room;
  }
  const read = await array.read(start, count, axes);
  if (!isBytes && !room) {
    return read instanceof Float32Array ? read : Float32Array.from(read);
  }
  const values = room ?? new Float32Array(read.length);
  if (!isBytes) values.set(read);
  else for (let i = 0; i < read.length; i++) values[i] = SHARES[read[i] as number] as number;
  return values;
}

/** Rows of a stored array, which are read a batch at a time, when they are needed. */
export class StoredRows implements RowDataset {
  /** Number of batches in one pass. */
  readonly size: number;
  /** The smallest and largest value read so far. */
  readonly span: [number, number] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

  constructor(
    private readonly source: RowSource,
    private readonly batchSize: number,
  ) {
    this.size = Math.ceil(source.rows / batchSize);
  }

  /** Begins a pass; the caller disposes each batch `[rows, width]`. */
  iterator(): RowIterator {
    const { rows, width, origins } = this.source;
    let start = 0;
    return {
      next: async () => {
        if (start >= rows) return { value: null, done: true };
        const count = Math.min(this.batchSize, rows - start);
        const values = await readRows(this.source, start, count);
        const pairs = await origins?.read(start, count, 1);
        this.widen(values);
        start += count;
        const xs = tensor2d(values, [count, width]);
        return { value: elementOf(xs, pairs && Int32Array.from(pairs)), done: false };
      },
    };
  }

  private widen(values: Float32Array): void {
    const { span } = this;
    for (const value of values) {
      if (value < span[0]) span[0] = value;
      if (value > span[1]) span[1] = value;
    }
  }
}

/**
 * Determines which axes of an array count rows, and which are a row's values: the last one if it is
 * as wide as the dictionary, otherwise all but the first.
 *
 * @returns no value axes if the array does not fit the dictionary
 */
export function rowAxes(
  shape: readonly number[],
  inputDim: number,
): [leading: number[], axes: number[]] {
  const split = (at: number): [number[], number[]] => [shape.slice(0, at), shape.slice(at)];
  if (shape.length < 2) return split(shape.length);
  if (shape.at(-1) === inputDim) return split(shape.length - 1);
  return split(product(shape.slice(1)) === inputDim ? 1 : shape.length);
}

const product = (lengths: readonly number[]) => lengths.reduce((a, b) => a * b, 1);
