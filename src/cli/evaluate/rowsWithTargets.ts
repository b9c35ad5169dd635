import type { RowDataset, RowIterator } from '../../activations/rows';

/** Rows and their targets, which are read together in batches of the same size. */
export class RowsWithTargets implements RowDataset {
  constructor(
    private readonly rows: RowDataset,
    private readonly targets: RowDataset,
  ) {}

  /** Number of batches in one pass, if known. */
  get size(): number | null {
    return this.rows.size ?? null;
  }

  /** Begins a pass of `{xs, ys}`. */
  async iterator(): Promise<RowIterator> {
    const [rows, targets] = [await this.rows.iterator(), await this.targets.iterator()];
    return {
      next: async () => {
        const { value: xs, done } = await rows.next();
        if (done) return { value: null, done: true };
        const { value: ys } = await targets.next();
        return { value: { xs, ys }, done: false };
      },
    };
  }
}
