import type { SparseCodes } from '../../kernels/sparseCodes';

/** The most classes in a feature's entry. */
const MOST_CLASSES = 10;

/** The number of rows of each class on which each feature fires. */
export class ClassCounts {
  /** The counts by label, then by feature; only for labels that occur. */
  private readonly counts: (Uint32Array | undefined)[] = [];

  constructor(private readonly features: number) {}

  /** @param labelOf returns the class of each of the codes' rows */
  add({ indices, rowOffsets }: SparseCodes, labelOf: (row: number) => number): void {
    for (let row = 0; row < rowOffsets.length - 1; row++) {
      const label = labelOf(row);
      let inClass = this.counts[label];
      if (inClass === undefined) {
        inClass = new Uint32Array(this.features);
        this.counts[label] = inClass;
      }
      for (let i = rowOffsets[row] as number; i < (rowOffsets[row + 1] as number); i++) {
        const feature = indices[i] as number;
        inClass[feature] = (inClass[feature] as number) + 1;
      }
    }
  }

  /**
   * Returns the classes of the rows on which a feature fires, most frequent first, then by label.
   */
  of(feature: number, rows: number): { label: number; share: number }[] {
    const classes: { label: number; share: number }[] = [];
    this.counts.forEach((inClass, label) => {
      const count = inClass?.[feature] ?? 0;
      if (count > 0) classes.push({ label, share: count / rows });
    });
    return classes.sort((a, b) => b.share - a.share || a.label - b.label).slice(0, MOST_CLASSES);
  }
}
