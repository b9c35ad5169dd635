import { tensor2d } from '@tensorflow/tfjs-core';
import { SHARES } from '../activations/byteRows';
import type { RowDataset, RowIterator } from '../activations/rows';
import { dataNotFinite } from '../errors';
import type { NpyArray } from '../io/npy/read';

/** Rows that are read from a file as they are needed, a batch at a time. */
export class NpyRows implements RowDataset {
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
    private readonly array: NpyArray,
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
