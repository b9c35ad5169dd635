import type * as tf from '@tensorflow/tfjs-core';
import { differentRows } from '../errors';
import { type SparseCodes, sliceCodes } from '../kernels/sparseCodes';

/** Codes, and the rows that they belong to. */
export interface CodedRows {
  readonly codes: SparseCodes;
  /** `[rows, width]`, flat. */
  readonly values: Float32Array;
}

/**
 * Yields codes and the rows that they belong to, cut to the same lengths.
 *
 * @throws SAE_DATA if their numbers differ.
 */
export async function* codesWithRows(
  where: string,
  codes: AsyncIterable<SparseCodes>,
  rows: AsyncGenerator<tf.Tensor2D>,
): AsyncGenerator<CodedRows> {
  const x = new RowReader(rows);
  let done = 0;
  try {
    for await (const batch of codes) {
      const count = batch.rowOffsets.length - 1;
      for (let from = 0; from < count; ) {
        const values = await x.next(count - from);
        if (values === undefined) {
          throw differentRows(where, 'codes', `at least ${done + count - from}`, done);
        }
        const to = from + values.length / x.width;
        yield { codes: sliceCodes(batch, from, to), values };
        done += to - from;
        from = to;
      }
    }
    if ((await x.next(1)) !== undefined) {
      throw differentRows(where, 'codes', done, `at least ${done + 1}`);
    }
  } finally {
    await rows.return(undefined);
  }
}

/** Reads batches of rows in other portions. */
class RowReader {
  width = 1;
  private values: Float32Array = new Float32Array(0);
  private at = 0;

  constructor(private readonly batches: AsyncGenerator<tf.Tensor2D>) {}

  /** Returns the next rows, flat: at least one and at most `count`; undefined if there is none. */
  async next(count: number): Promise<Float32Array | undefined> {
    if (this.at === this.values.length) {
      const { value, done } = await this.batches.next();
      if (done) return undefined;
      this.values = await value.data<'float32'>();
      this.width = value.shape[1];
      this.at = 0;
    }
    const start = this.at;
    this.at = Math.min(this.values.length, start + count * this.width);
    return this.values.subarray(start, this.at);
  }
}
