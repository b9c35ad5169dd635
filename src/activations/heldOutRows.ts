import { tensor2d } from '@tensorflow/tfjs-core';
import { type PlanArgs, RowPlan } from './rowPlan';
import type { RowDataset, RowIterator } from './rows';
import { elementOf, ORIGIN_WIDTH, type RowSource, readRows } from './storedRows';

/**
 * If at least one in this many rows of a block is held out, the block is read in one piece,
 * otherwise row by row.
 */
const MANY = 16;

/** A held-out row, with its example and position, if known. */
interface HeldOutRow {
  readonly row: Float32Array;
  readonly pair?: ArrayLike<number>;
}

/** Rows that training never sees, in stored order. */
export class HeldOutRows implements RowDataset {
  /** Number of batches in one pass. */
  readonly size: number;
  private readonly plan: RowPlan;

  /**
   * @param args the arguments of the rows that are trained on; another `heldOut` gives another plan
   * @param batchSize rows in a batch
   */
  constructor(
    private readonly source: RowSource,
    private readonly args: Omit<PlanArgs, 'rows'>,
    private readonly batchSize: number,
  ) {
    this.plan = new RowPlan({ ...args, rows: source.rows });
    this.size = Math.ceil(args.heldOut / batchSize);
  }

  /**
   * Begins a pass; the caller disposes each batch `[rows, width]`. If the source knows the origin
   * of rows, a batch is `{xs, origin}`.
   */
  iterator(): RowIterator {
    const { width } = this.source;
    const rows = this.rows();
    let left = this.args.heldOut;
    return {
      next: async () => {
        const count = Math.min(this.batchSize, left);
        if (count === 0) return { value: null, done: true };
        const values = new Float32Array(count * width);
        const origins = this.source.origins && new Int32Array(count * ORIGIN_WIDTH);
        for (let i = 0; i < count; i++) {
          const { row, pair } = (await rows.next()).value as HeldOutRow;
          values.set(row, i * width);
          if (origins && pair) origins.set(pair, i * ORIGIN_WIDTH);
        }
        left -= count;
        const xs = tensor2d(values, [count, width]);
        return { value: elementOf(xs, origins), done: false };
      },
    };
  }

  private async *rows(): AsyncGenerator<HeldOutRow> {
    const { plan, source } = this;
    const { width } = source;
    for (let block = 0; block < plan.blocks; block++) {
      const { first, rows } = plan.blockAt(block);
      const places = plan.rowsIn(block, 'heldOut');
      const isFew = places.length < rows / MANY;
      const all = isFew ? undefined : await readRows(source, first, rows);
      const pairs = all && (await source.origins?.read(first, rows, 1));
      for (const place of places) {
        const row = all
          ? all.subarray(place * width, (place + 1) * width)
          : await readRows(source, first + place, 1);
        const start = place * ORIGIN_WIDTH;
        const pair = pairs
          ? Array.from({ length: ORIGIN_WIDTH }, (_, k) => pairs[start + k] as number)
          : await source.origins?.read(first + place, 1, 1);
        yield pair ? { row, pair } : { row };
      }
    }
  }
}
