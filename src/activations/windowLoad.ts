import type { RowPlan, RowWindow } from './rowPlan';
import { ORIGIN_WIDTH, type RowSource, readRows } from './storedRows';

/** Loads a window of rows into memory, a block at a time. */
export class WindowLoad {
  private begun = 0;
  private filled = 0;
  private chain: Promise<void> = Promise.resolve();
  /** The origin of its rows, `[window.rows × 2]`, if the source knows it. */
  readonly origins: Int32Array | undefined;

  /** @param values `[at least window.rows × width]`, the destination */
  constructor(
    private readonly source: RowSource,
    private readonly plan: RowPlan,
    readonly window: RowWindow,
    readonly values: Float32Array,
  ) {
    if (source.origins) this.origins = new Int32Array(window.rows * ORIGIN_WIDTH);
  }

  /** Starts reading up to a share of the window, without waiting. */
  reach(share: number): void {
    const { blocks } = this.window;
    const wanted = Math.min(blocks.length, Math.ceil(share * blocks.length));
    while (this.begun < wanted) {
      const block = blocks[this.begun++] as number;
      this.chain = this.chain.then(() => this.load(block));
      this.chain.catch(() => {}); // `all` reports the error
    }
  }

  /** Returns the training rows, block by block: `[window.rows × width]`. */
  async all(): Promise<Float32Array> {
    this.reach(1);
    await this.chain;
    return this.values;
  }

  private async load(block: number): Promise<void> {
    const { width } = this.source;
    const { first, rows } = this.plan.blockAt(block);
    const training = this.plan.rowsIn(block, 'training');
    const start = this.filled * width;
    if (training.length === rows) {
      await readRows(this.source, first, rows, this.values.subarray(start, start + rows * width));
    } else {
      const read = await readRows(this.source, first, rows);
      training.forEach((row, i) => {
        const part = read.subarray(row * width, (row + 1) * width);
        this.values.set(part, (this.filled + i) * width);
      });
    }
    const { origins, source } = this;
    if (origins && source.origins) {
      const pairs = await source.origins.read(first, rows, 1);
      training.forEach((row, i) => {
        for (let k = 0; k < ORIGIN_WIDTH; k++) {
          const pair = pairs[row * ORIGIN_WIDTH + k] as number;
          origins[(this.filled + i) * ORIGIN_WIDTH + k] = pair;
        }
      });
    }
    this.filled += training.length;
  }
}
