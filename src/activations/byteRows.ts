import { type Tensor2D, tensor2d } from '@tensorflow/tfjs-core';
import type { RowDataset } from './rows';

/** Options of {@link ByteRows}. */
export interface ByteRowsArgs {
  /** All rows one after another, one byte per value. */
  bytes: Uint8Array;
  /** Values in a row. */
  width: number;
  /** The numbers of the rows to yield, in this order. */
  order: Uint32Array;
  /** Rows in a batch; the last one may be smaller. */
  batchSize: number;
  /** Batches to skip at the start, to continue an earlier pass; 0 by default. */
  startBatch?: number;
}

/** Each byte as a share of 255, rounded to float32 once. */
export const SHARES = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);

/**
 * Rows that are kept as bytes, a quarter of float32's size, and converted to numbers from 0 to 1
 * only when their batch is requested. Every pass yields the same batches.
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

  /** Begins a pass; the caller disposes each batch `[rows, width]`. */
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
