import type { SparseCodes } from '../../kernels/sparseCodes';
import type { RowSparsity, Sparsity } from './evaluation';
import { histogram } from './histogram';

/** A feature that fires on a larger share of the rows is dense. */
const DENSE = 0.1;
/** Intervals of the histogram per decade. */
const PER_DECADE = 2;

/** The number of rows on which each feature fires. */
export class Firing {
  private readonly counts: Float64Array;

  constructor(features: number) {
    this.counts = new Float64Array(features);
  }

  add({ indices }: SparseCodes): void {
    const { counts } = this;
    for (const feature of indices) counts[feature] = (counts[feature] as number) + 1;
  }

  result(rows: number, ofRows: RowSparsity): Sparsity {
    const densities = Array.from(
      this.counts.filter((count) => count > 0),
      (count) => count / rows,
    );
    // The lowest value is that of a feature that fires on one row.
    const lowest = Math.min(-1, -Math.ceil(PER_DECADE * Math.log10(rows))) / PER_DECADE;
    return {
      ...ofRows,
      alive: densities.length,
      dead: this.counts.length - densities.length,
      denseFrac: densities.filter((density) => density > DENSE).length / this.counts.length,
      densityHistogram: histogram(densities.map(Math.log10), lowest, 0, -PER_DECADE * lowest),
    };
  }
}
