import { tensor2d } from '@tensorflow/tfjs-core';
import { type PlanArgs, RowPlan } from './rowPlan';
import type { RowDataset, RowIterator } from './rows';
import { type RowSource, readRows } from './storedRows';

/** From one row in so many on a block is read in one piece, rather than row by row. */
const MANY = 16;

/** Rows that training never sees, in the order in which they are stored. */
export class HeldOutRows implements RowDataset {
  /** Number of batches in one pass. */
  readonly size: number;
  private readonly plan: RowPlan;

  /**
   * @param args those of the rows that are trained on; with another `heldOut`, of a plan of its own
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

  /** One pass; each batch `[rows, width]` is disposed by whoever takes it. */
  iterator(): RowIterator {
    const { width } = this.source;
    const rows = this.rows();
    let left = this.args.heldOut;
    return {
      next: async () => {
        const count = Math.min(this.batchSize, left);
        if (count === 0) return { value: null, done: true };
        const values = new Float32Array(count * width);
        for (let i = 0; i < count; i++) {
          values.set((await rows.next()).value as Float32Array, i * width);
        }
        left -= count;
        return { value: tensor2d(values, [count, width]), done: false };
      },
    };
  }

  private async *rows(): AsyncGenerator<Float32Array> {
    const { plan, source } = this;
    const { width } = source;
    for (let block = 0; block < plan.blocks; block++) {
      const { first, rows } = plan.blockAt(block);
      const places = plan.rowsIn(block, 'heldOut');
      const isFew = places.length < rows / MANY;
      const all = isFew ? undefined : await readRows(source, first, rows);
      for (const place of places) {
        if (all) yield all.subarray(place * width, (place + 1) * width);
        else yield await readRows(source, first + place, 1);
      }
    }
  }
}
