import { tensor2d } from '@tensorflow/tfjs-core';
import { dataNotFinite } from '../errors';
import { SHARES } from './byteRows';
import type { RowDataset, RowIterator } from './rows';

/** An array that is stored somewhere, of which some rows can be read: `io/npy` opens such ones. */
export interface StoredArray {
  /** What errors call it. */
  readonly name: string;
  /** NumPy's name of its kind of number: values of `u1` are shares of 255. */
  readonly dtype: string;
  /**
   * Values of rows `first` to `first + rows`, one row after another.
   *
   * @param axes how many of the leading axes count rows together
   */
  read(first: number, rows: number, axes: number): Promise<ArrayLike<number>>;
}

/** Rows of a stored array, which are read as they are needed, a batch at a time. */
export class StoredRows implements RowDataset {
  /** Number of batches in one pass. */
  readonly size: number;
  /** The least and the largest value that has passed. */
  readonly span: [number, number] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

  /**
   * @param width values in a row: the last axis, or several in one line
   * @param rows how many, from the first on
   * @param axes how many of the array's axes count rows
   */
  constructor(
    private readonly array: StoredArray,
    private readonly width: number,
    private readonly rows: number,
    private readonly batchSize: number,
    private readonly axes = 1,
  ) {
    this.size = Math.ceil(rows / batchSize);
  }

  /** One pass; each batch `[rows, width]` is disposed by whoever takes it. */
  iterator(): RowIterator {
    let start = 0;
    return {
      next: async () => {
        if (start >= this.rows) return { value: null, done: true };
        const count = Math.min(this.batchSize, this.rows - start);
        const values = await this.values(start, count);
        start += count;
        return { value: tensor2d(values, [count, this.width]), done: false };
      },
    };
  }

  /** @throws SAE_NOT_FINITE, with the number of the row. */
  private async values(start: number, count: number): Promise<Float32Array> {
    const { array, width, span } = this;
    const read = await array.read(start, count, this.axes);
    const isBytes = array.dtype === 'u1';
    const values = new Float32Array(read.length);
    for (let i = 0; i < read.length; i++) {
      const given = read[i] as number;
      const value = isBytes ? (SHARES[given] as number) : Math.fround(given);
      if (!Number.isFinite(value)) {
        throw dataNotFinite(`${array.name}, row ${start + Math.floor(i / width)}`);
      }
      values[i] = value;
      if (value < span[0]) span[0] = value;
      if (value > span[1]) span[1] = value;
    }
    return values;
  }
}

/**
 * Which axes of an array count rows, and which are a row's values: the last one where it is as wide
 * as the dictionary, else all but the first.
 *
 * @returns no axes of values where the array is not for that dictionary
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
