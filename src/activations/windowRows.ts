import { tensor2d } from '@tensorflow/tfjs-core';
import { type PlanArgs, RowPlan, type RowWindow } from './rowPlan';
import type { RowDataset, RowIterator } from './rows';
import { elementOf, ORIGIN_WIDTH, type RowSource } from './storedRows';
import { WindowLoad } from './windowLoad';

/** Options of {@link WindowRows}. */
export interface WindowRowsArgs extends Omit<PlanArgs, 'rows'> {
  readonly source: RowSource;
  /**
   * Rows in a batch; the rows left over in a pass, fewer than a batch, are different in each pass.
   */
  readonly batchSize: number;
  /** The number of passes: nothing is read ahead after the last one. */
  readonly passes: number;
}

/**
 * Rows that need not fit in memory, in another order in each pass, given by a {@link RowPlan}.
 *
 * One window is in memory, and the next one is read while batches of this one are used, in
 * proportion: at most two windows are held, and a batch is ready when it is requested. If all rows
 * fit in one window, they are read once and kept.
 */
export class WindowRows implements RowDataset {
  /** Number of batches in one pass. */
  readonly size: number;
  private readonly plan: RowPlan;
  /** All rows, if they form one window. */
  private whole: WindowLoad | undefined;
  /** The first window of a pass that has not begun. */
  private ahead: { readonly pass: number; readonly load: WindowLoad } | undefined;
  /** Memory of windows that are no longer used. */
  private readonly spare: Float32Array[] = [];

  constructor(private readonly args: WindowRowsArgs) {
    const { source, heldOut, windowRows, blockRows, seed, batchSize } = args;
    this.plan = new RowPlan({ rows: source.rows, heldOut, windowRows, blockRows, seed });
    this.size = Math.floor(this.plan.trainingRows / batchSize);
  }

  /**
   * Begins the first pass; the caller disposes each batch `[rows, width]`. If the source knows the
   * origin of rows, a batch is `{xs, origin}`.
   */
  iterator(): RowIterator {
    return this.iteratorAt(0, 0);
  }

  /** Begins a pass at one of its batches. */
  iteratorAt(pass: number, batch: number): RowIterator {
    const { batchSize, source } = this.args;
    const rows = this.rowsOf(pass, batch * batchSize);
    let done = batch;
    return {
      next: async () => {
        if (done >= this.size) {
          rows.end();
          return { value: null, done: true };
        }
        const values = new Float32Array(batchSize * source.width);
        const origins = source.origins && new Int32Array(batchSize * ORIGIN_WIDTH);
        for (let filled = 0; filled < batchSize; ) {
          filled += await rows.fill(values, filled, origins);
        }
        rows.readAhead();
        done++;
        const xs = tensor2d(values, [batchSize, source.width]);
        return { value: elementOf(xs, origins), done: false };
      },
    };
  }

  /**
   * Returns the first window of the first pass, for what must be known about the rows before
   * training.
   */
  sample(): RowDataset {
    const { batchSize, source } = this.args;
    const [window] = this.plan.windows(0) as [RowWindow];
    const iterator = (): RowIterator => {
      const load = this.load(0, 0, window);
      if (!this.plan.isWhole) this.ahead = { pass: 0, load };
      let start = 0;
      return {
        next: async () => {
          const count = Math.min(batchSize, window.rows - start);
          if (count <= 0) return { value: null, done: true };
          const all = await load.all();
          const values = all.slice(start * source.width, (start + count) * source.width);
          start += count;
          return { value: tensor2d(values, [count, source.width]), done: false };
        },
      };
    };
    return { size: Math.ceil(window.rows / batchSize), iterator };
  }

  /** Returns the rows of a pass one after another, from a given one on. */
  private rowsOf(pass: number, start: number) {
    const { width } = this.args.source;
    const windows = this.plan.windows(pass);
    let index = 0;
    let at = start; // the index in the window
    for (let rows = windows[0]?.rows ?? 0; index < windows.length && at >= rows; ) {
      at -= rows;
      rows = windows[++index]?.rows ?? 0;
    }
    let current: WindowLoad | undefined;
    let next: WindowLoad | undefined;
    let values = new Float32Array(0);
    let order = new Uint32Array(0);
    const enter = async (): Promise<WindowLoad> => {
      const window = windows[index] as RowWindow;
      const load = next ?? this.load(pass, index, window);
      next = undefined;
      values = (await load.all()) as typeof values;
      order = this.plan.rowOrder(pass, index, window.rows) as typeof order;
      return load;
    };
    return {
      /**
       * Writes rows up to the end of a window; `from` of them are already there. @returns how many
       */
      fill: async (to: Float32Array, from: number, origins?: Int32Array): Promise<number> => {
        current ??= await enter();
        const count = Math.min(order.length - at, to.length / width - from);
        for (let i = 0; i < count; i++) {
          const row = order[at++] as number;
          to.set(values.subarray(row * width, (row + 1) * width), (from + i) * width);
          if (!origins || !current.origins) continue;
          for (let k = 0; k < ORIGIN_WIDTH; k++) {
            const pair = current.origins[row * ORIGIN_WIDTH + k] as number;
            origins[(from + i) * ORIGIN_WIDTH + k] = pair;
          }
        }
        if (at === order.length) {
          this.giveBack(current);
          next ??= this.loadAfter(pass, index, windows);
          next?.reach(1);
          current = undefined;
          index++;
          at = 0;
        }
        return count;
      },
      /** Releases what is left over. */
      end: () => {
        this.giveBack(current);
        current = undefined;
      },
      /** Reads the next window in proportion to the progress in this one. */
      readAhead: () => {
        if (current === undefined) return;
        next ??= this.loadAfter(pass, index, windows);
        next?.reach(at / order.length);
      },
    };
  }

  /**
   * Returns the window after this one, of this pass or the next; undefined if there is none to
   * read.
   */
  private loadAfter(
    pass: number,
    index: number,
    windows: readonly RowWindow[],
  ): WindowLoad | undefined {
    const window = windows[index + 1];
    if (window) return this.load(pass, index + 1, window);
    if (this.plan.isWhole || pass + 1 >= this.args.passes) return undefined;
    const [first] = this.plan.windows(pass + 1) as [RowWindow];
    this.ahead = { pass: pass + 1, load: this.load(pass + 1, 0, first) };
    return this.ahead.load;
  }

  private load(pass: number, index: number, window: RowWindow): WindowLoad {
    const { source } = this.args;
    const { ahead, plan } = this;
    if (this.whole) return this.whole;
    if (index === 0 && ahead?.pass === pass) {
      this.ahead = undefined;
      return ahead.load;
    }
    const room = this.spare.pop() ?? new Float32Array(plan.mostInWindow * source.width);
    const load = new WindowLoad(source, plan, window, room);
    if (plan.isWhole) this.whole = load;
    return load;
  }

  private giveBack(load: WindowLoad | undefined): void {
    if (load && load !== this.whole) this.spare.push(load.values);
  }
}
