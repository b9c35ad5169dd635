import { ORIGIN_WIDTH } from '../activations/storedRows';
import { beyondFloat16 } from '../errors';
import { crc32 } from '../io/bytes/crc32';
import { DTYPE_BYTES } from '../io/bytes/dtypes';
import { bytesFrom } from '../io/bytes/values';
import { safetensorsPieces, type WrittenTensor } from '../io/safetensors/write';
import type { StoredBatch } from './batches';
import { ORIGINS, type ShardEntry, type StoreDtype } from './manifest';
import { crcText } from './regionChecksum';

/** The largest value that does not round to infinity in float16. */
const MOST_FLOAT16 = 65519.996;

/** Rows being collected for a shard. */
export class ShardBuffer {
  /** The number of rows in the buffer. */
  rows = 0;
  /** The sum of the rows, and of their norms. */
  private readonly sum: Float64Array;
  private norms = 0;
  private readonly bytes: Uint8Array;
  private readonly columns: readonly Int32Array[];

  /** @param room the number of rows that fit */
  constructor(
    readonly room: number,
    private readonly width: number,
    private readonly dtype: StoreDtype,
    hasOrigins: boolean,
  ) {
    this.bytes = new Uint8Array(room * width * DTYPE_BYTES[dtype]);
    this.columns = hasOrigins ? ORIGINS.map(() => new Int32Array(room)) : [];
    this.sum = new Float64Array(width);
  }

  get isFull(): boolean {
    return this.rows === this.room;
  }

  /**
   * Adds consecutive rows of a batch.
   *
   * @throws SAE_DATA for a value that float16 cannot hold.
   */
  take(where: string, batch: StoredBatch, first: number, count: number): void {
    const { width, dtype, columns, sum } = this;
    const values = batch.values.subarray(first * width, (first + count) * width);
    if (dtype === 'float16') this.assertHeld(where, values, first);
    this.bytes.set(bytesFrom(dtype, values), this.rows * width * DTYPE_BYTES[dtype]);
    const { examples, positions } = batch.origin ?? {};
    [examples, positions].forEach((numbers, k) => {
      if (numbers) columns[k]?.set(numbers.subarray(first, first + count), this.rows);
    });
    for (let row = 0; row < count; row++) {
      this.norms += batch.norms[first + row] as number;
      for (let i = 0; i < width; i++) {
        sum[i] = (sum[i] as number) + (values[row * width + i] as number);
      }
    }
    this.rows += count;
  }

  private assertHeld(where: string, values: Float32Array, first: number): void {
    const odd = values.findIndex((value) => Math.abs(value) > MOST_FLOAT16);
    if (odd < 0) return;
    const row = first + Math.floor(odd / this.width);
    throw beyondFloat16(where, row, values[odd] as number);
  }

  /** Returns the shard as a file, and its entry in a manifest. */
  encoded(file: string): { pieces: Uint8Array[]; entry: ShardEntry } {
    const { rows, width, dtype } = this;
    const tensors = new Map<string, WrittenTensor>();
    const bytes = this.bytes.subarray(0, rows * width * DTYPE_BYTES[dtype]);
    tensors.set('rows', { dtype, shape: [rows, width], bytes });
    for (const [k, column] of this.columns.entries()) {
      const bytes = new Uint8Array(column.buffer, 0, rows * DTYPE_BYTES.int32);
      tensors.set(ORIGINS[k] as string, { dtype: 'int32', shape: [rows], bytes });
    }
    const checksums = [...tensors].map(([name, { bytes }]) => [name, crcText(crc32(bytes))]);
    const entry = { file, rows, crc32: Object.fromEntries(checksums) };
    return { pieces: safetensorsPieces(tensors), entry };
  }

  /**
   * Returns the means of all rows from those of earlier rows, so that a writer that continues gets
   * the same.
   */
  means(before: { rows: number; mean: readonly number[]; norm: number }) {
    const share = this.rows / (before.rows + this.rows);
    const moved = (mean: number, sum: number) => mean + (sum / this.rows - mean) * share;
    return {
      mean: Array.from(this.sum, (sum, i) => moved(before.mean[i] ?? 0, sum)),
      norm: moved(before.norm, this.norms),
    };
  }

  /** Empties the buffer. */
  clear(): void {
    this.rows = 0;
    this.norms = 0;
    this.sum.fill(0);
  }
}

/** The bytes of `example` and `position` per row, besides its values. */
export const ORIGIN_BYTES = ORIGIN_WIDTH * DTYPE_BYTES.int32;
