import { type Tensor2D, tensor2d } from '@tensorflow/tfjs-core';
import type { RowDataset } from './rows';

/** What {@link ByteRows} takes. */
export interface ByteRowsArgs {
  /** All rows one after another, a byte a value. */
  bytes: Uint8Array;
  /** Values in a row. */
  width: number;
  /** Which rows, in the order in which they come. */
  order: Uint32Array;
  /** Rows in a batch; the last one has what is left. */
  batchSize: number;
  /** Batches to leave out at the start, to go on where somebody stopped; 0 by default. */
  startBatch?: number;
}

/** Each byte as a share of 255, rounded to float32 once. */
export const SHARES = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);

/**
 * Rows that are kept as bytes, a quarter of float32's size, and become numbers from 0 to 1 only
 * as their batch comes. Every pass gives the same batches.
 */
export class ByteRows implements RowDataset {
  /** Number of batches in one pass. */
  readonly size: number;
  private readonly args: Required<ByteRowsArgs>;

  constructor(args: ByteRowsArgs) {
    this.args = { startBatch: 0, ...args };
    const { order, batchSize, startBatch } = this.args;
    this.size = Math.max(0, Math.ceil(order.length / batchSize) - startBatch);
  }

  /** One pass; each batch `[rows, width]` is disposed by whoever takes it. */
  iterator(): { next(): Promise<IteratorResult<Tensor2D, null>> } {
    const { order, batchSize, startBatch } = this.args;
    let start = startBatch * batchSize;
    return {
      next: async () => {
        if (start >= order.length) return { value: null, done: true };
        const batch = this.batch(order.subarray(start, start + batchSize));
        start += batchSize;
        return { value: batch, done: false };
      },
    };
  }

  private batch(rows: Uint32Array): Tensor2D {
    const { bytes, width } = this.args;
    const values = new Float32Array(rows.length * width);
    rows.forEach((row, i) => {
      for (let k = 0; k < width; k++) {
        values[i * width + k] = SHARES[bytes[row * width + k] as number] as number;
      }
    });
    return tensor2d(values, [rows.length, width]);
  }
}
