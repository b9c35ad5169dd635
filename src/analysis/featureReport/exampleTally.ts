import type { SparseCodes } from '../../kernels/sparseCodes';

/**
 * The number of examples of the data on which each feature fires, if an example has several rows.
 */
export class ExampleTally {
  /** The number of examples so far. */
  examples = 0;
  /** The counts by feature. */
  readonly counts: Uint32Array;
  /** The last example on which each feature has fired. */
  private readonly last: Int32Array;
  private current = -1;

  constructor(features: number) {
    this.counts = new Uint32Array(features);
    this.last = new Int32Array(features).fill(-1);
  }

  /**
   * Counts the next rows.
   *
   * @param examples the example of each row, ascending
   * @returns the codes that are their feature's first in the example, for the same rows
   */
  firsts({ indices, values, rowOffsets }: SparseCodes, examples: Int32Array): SparseCodes {
    const kept: number[] = [];
    const offsets = new Uint32Array(rowOffsets.length);
    for (let row = 0; row < examples.length; row++) {
      const example = examples[row] as number;
      if (example !== this.current) this.examples += 1;
      this.current = example;
      for (let i = rowOffsets[row] as number; i < (rowOffsets[row + 1] as number); i++) {
        const feature = indices[i] as number;
        if (this.last[feature] === example) continue;
        this.last[feature] = example;
        this.counts[feature] = (this.counts[feature] as number) + 1;
        kept.push(i);
      }
      offsets[row + 1] = kept.length;
    }
    return {
      indices: Uint32Array.from(kept, (i) => indices[i] as number),
      values: Float32Array.from(kept, (i) => values[i] as number),
      rowOffsets: offsets,
    };
  }
}
