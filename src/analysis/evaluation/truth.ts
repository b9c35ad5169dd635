import type { SparseCodes } from '../../kernels/sparseCodes';
import type { Detection, TruthRecovery } from './evaluation';
import { countOf, type Directions } from './matching/crossCosines';
import { type Matched, matched } from './matching/matched';

/** The true features in some rows: row by row, in any order. */
export interface TrueRows {
  /** The true features of row i are those from `rowOffsets[i]` to `rowOffsets[i + 1]`. */
  readonly indices: Uint32Array;
  readonly rowOffsets: Uint32Array;
}

/** How well a dictionary has recovered the features that data was generated from. */
export class Truth {
  /** The number of rows with each true feature; not counted before there are true codes. */
  private readonly trueRows: Float64Array;
  /** The number of rows on which each feature fires. */
  private readonly firing: Float64Array;
  /** The number of rows on which each feature fires and that have its nearest true feature. */
  private readonly hits: Float64Array;
  /** The last row in which each true feature was seen. */
  private readonly lastRow: Float64Array;
  private rows = 0;

  private constructor(
    private readonly matches: Matched,
    private readonly sizes: { features: number; trueFeatures: number },
  ) {
    this.trueRows = new Float64Array(sizes.trueFeatures);
    this.lastRow = new Float64Array(sizes.trueFeatures).fill(-1);
    this.firing = new Float64Array(sizes.features);
    this.hits = new Float64Array(sizes.features);
  }

  /**
   * @param decoder a dictionary's rows
   * @param directions the true directions, of the same width
   */
  static async of(decoder: Directions, directions: Directions): Promise<Truth> {
    const sizes = { features: countOf(decoder), trueFeatures: countOf(directions) };
    return new Truth(await matched(decoder, directions, { unsigned: true }), sizes);
  }

  /** Adds codes and true codes of the same rows. */
  add(codes: SparseCodes, truth: TrueRows): void {
    const { nearest } = this.matches;
    for (let row = 0; row < codes.rowOffsets.length - 1; row++, this.rows++) {
      for (const index of within(truth, row)) {
        if (this.lastRow[index] === this.rows) continue;
        this.lastRow[index] = this.rows;
        this.trueRows[index] = (this.trueRows[index] as number) + 1;
      }
      for (const feature of within(codes, row)) {
        this.firing[feature] = (this.firing[feature] as number) + 1;
        const isThere = this.lastRow[nearest[feature] as number] === this.rows;
        if (isThere) this.hits[feature] = (this.hits[feature] as number) + 1;
      }
    }
  }

  result(): TruthRecovery {
    const { method, pairs, nearest } = this.matches;
    const { features, trueFeatures } = this.sizes;
    const sum = pairs.reduce((total, { cosine }) => total + cosine, 0);
    return {
      matching: method,
      mcc: sum / Math.min(features, trueFeatures),
      uniqueness: new Set(nearest).size / features,
      ...(this.rows > 0 && { detection: this.detection() }),
    };
  }

  private detection(): Detection {
    const { features } = this.sizes;
    const sums = { precision: 0, recall: 0, f1: 0, accuracy: 0 };
    for (let feature = 0; feature < features; feature++) {
      const hits = this.hits[feature] as number;
      const fired = this.firing[feature] as number;
      const there = this.trueRows[this.matches.nearest[feature] as number] as number;
      const precision = fired > 0 ? hits / fired : 0;
      const recall = there > 0 ? hits / there : 0;
      sums.precision += precision;
      sums.recall += recall;
      if (hits > 0) sums.f1 += (2 * precision * recall) / (precision + recall);
      sums.accuracy += (this.rows - fired - there + 2 * hits) / this.rows;
    }
    return {
      precision: sums.precision / features,
      recall: sums.recall / features,
      f1: sums.f1 / features,
      accuracy: sums.accuracy / features,
    };
  }
}

const within = ({ indices, rowOffsets }: TrueRows, row: number) =>
  indices.subarray(rowOffsets[row], rowOffsets[row + 1]);
