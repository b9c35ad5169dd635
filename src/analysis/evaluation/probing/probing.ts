import type { SparseCodes } from '../../../kernels/sparseCodes';
import { logOdds } from './logisticRegression';
import { probe } from './probe';
import type { ProbeRows } from './probeRows';
import type { ClassProbes, MeanProbe, Probe, SparseProbing } from './result';
import { scores } from './scores';

/** The numbers of features that probes use. */
const KS = [1, 2, 5] as const;
/** Keeps the quotient of a feature that never fires from being 0 / 0, as in sae-probes. */
const TINY = 1e-6;

/** The codes of one row. */
interface RowCodes {
  readonly features: Uint32Array;
  readonly codes: Float32Array;
}

/**
 * k-sparse probing: for each class a logistic regression on the k features whose means differ most
 * between the class and all others. The rows are chosen in advance; only their codes are kept.
 */
export class Probing {
  private readonly wanted: Set<number>;
  private readonly kept = new Map<number, RowCodes>();

  constructor(
    private readonly features: number,
    private readonly classes: readonly ProbeRows[],
  ) {
    this.wanted = new Set(classes.flatMap(({ train, test }) => [...train, ...test]));
  }

  /** Adds the codes of rows, of which the first has this number. */
  add({ indices, values, rowOffsets }: SparseCodes, first: number): void {
    for (let row = 0; row < rowOffsets.length - 1; row++) {
      if (!this.wanted.has(first + row)) continue;
      const [from, to] = [rowOffsets[row], rowOffsets[row + 1]];
      const [features, codes] = [indices.slice(from, to), values.slice(from, to)];
      this.kept.set(first + row, { features, codes });
    }
  }

  /** @param labels the label of each row */
  result(labels: ArrayLike<number>): Omit<SparseProbing, 'skipped'> {
    const classes = this.classes.map((rows) => this.probesOf(rows, labels));
    const mean = KS.map((k, i): MeanProbe => {
      const probes = classes.map(({ probes }) => probes[i] as Probe);
      const meanOf = (of: 'accuracy' | 'auc' | 'f1') =>
        probes.reduce((sum, probe) => sum + probe[of], 0) / probes.length;
      return { k, accuracy: meanOf('accuracy'), auc: meanOf('auc'), f1: meanOf('f1') };
    });
    return { mean: classes.length > 0 ? mean : [], classes };
  }

  private probesOf({ label, train, test }: ProbeRows, labels: ArrayLike<number>): ClassProbes {
    const isOf = (rows: Uint32Array) =>
      Uint8Array.from(rows, (row) => Number(labels[row] === label));
    const [trained, tested] = [isOf(train), isOf(test)];
    const ranked = this.ranked(train, trained).slice(0, Math.max(...KS));
    const probes = KS.map((k): Probe => {
      const features = ranked.slice(0, k);
      const examples = (rows: Uint32Array, isPositive: Uint8Array) => ({
        ...{ values: this.columns(rows, features), k: features.length, isPositive },
      });
      const { fit, c } = probe(examples(train, trained));
      return { k, features, ...scores(logOdds(examples(test, tested), fit), tested), c };
    });
    return { label, trainRows: train.length, testRows: test.length, probes };
  }

  /**
   * Ranks features by $|\bar f^+ - \bar f^-|$, each divided by its mean unless that is 0: largest
   * first, the first among equals.
   */
  private ranked(rows: Uint32Array, isPositive: Uint8Array): number[] {
    const sums = [new Float64Array(this.features), new Float64Array(this.features)] as const;
    const active = new Float64Array(this.features);
    rows.forEach((row, i) => {
      const { features, codes } = this.codesOf(row);
      const side = sums[isPositive[i] as 0 | 1];
      features.forEach((feature, at) => {
        side[feature] = (side[feature] as number) + (codes[at] as number);
        active[feature] = (active[feature] as number) + 1;
      });
    });
    const positives = isPositive.reduce((sum, one) => sum + one, 0);
    const apart = active.map((count, feature) => {
      const [others, own] = [sums[0][feature] as number, sums[1][feature] as number];
      const scale = (others + own) / (count + TINY) + TINY;
      return Math.abs(own / positives - others / (rows.length - positives)) / scale;
    });
    const order = Array.from({ length: this.features }, (_, feature) => feature);
    return order.sort((a, b) => (apart[b] as number) - (apart[a] as number) || a - b);
  }

  /** Returns codes `[rows, features]` of a few features, flat. */
  private columns(rows: Uint32Array, features: readonly number[]): Float64Array {
    const values = new Float64Array(rows.length * features.length);
    rows.forEach((row, i) => {
      const { features: active, codes } = this.codesOf(row);
      features.forEach((feature, column) => {
        const at = active.indexOf(feature);
        if (at >= 0) values[i * features.length + column] = codes[at] as number;
      });
    });
    return values;
  }

  private codesOf(row: number): RowCodes {
    return this.kept.get(row) as RowCodes;
  }
}
