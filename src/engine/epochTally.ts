import type { BatchMeasures } from '../kernels/numbers';
import { isCount, isNumberOrNull } from '../plainData';

/** Measures of an epoch's batches besides their losses, by their names in the logs. */
export type EpochMeasures = {
  /** Mean number of features that fire on a row. */
  readonly l0: number;
  /** Share of the targets' variance that the reconstructions keep; NaN if there is no variance. */
  readonly explained_variance: number;
  /** Number of features that fired on no row. */
  readonly dead: number;
};

/** The names of these measures. */
export const EPOCH_MEASURES = ['l0', 'explained_variance', 'dead'] as const;

/**
 * A tally as plain data. JSON has neither NaN nor infinity: they come back from it as null, which
 * stands for NaN.
 */
export interface TallyState {
  /** The number of rows so far. */
  readonly rows: number;
  /** For each feature, the number of rows on which it fired. */
  readonly firing: readonly number[];
  /** Σ ‖target − reconstruction‖² */
  readonly squaredError: number;
  /** The mean of the targets; null before the first row. */
  readonly mean: readonly number[] | null;
  /** Σ ‖target − mean‖² */
  readonly spread: number;
}

/** Returns whether a value has the form of a tally. */
export function isTallyState(value: unknown): value is TallyState {
  const { rows, firing, squaredError, mean, spread } = (value ?? {}) as Record<string, unknown>;
  return (
    isCount(rows) &&
    Array.isArray(firing) &&
    firing.every(isCount) &&
    (mean === null || (Array.isArray(mean) && mean.every(isNumberOrNull))) &&
    isNumberOrNull(squaredError) &&
    isNumberOrNull(spread)
  );
}

/**
 * Accumulates batches. Each was measured with the weights of its own step, so during training these
 * are means over the epoch, like the losses.
 */
export class EpochTally {
  private rows = 0;
  private readonly firing: Float64Array;
  private squaredError = 0;
  private mean: Float64Array | undefined;
  /** Σ ‖target − mean‖² */
  private spread = 0;

  /** @param from the state to continue from; empty by default */
  constructor(features: number, from?: TallyState) {
    this.firing = new Float64Array(features);
    if (from === undefined) return;
    this.firing.set(from.firing);
    this.rows = from.rows;
    this.squaredError = from.squaredError ?? Number.NaN;
    this.mean = from.mean
      ? Float64Array.from(from.mean, (value) => value ?? Number.NaN)
      : undefined;
    this.spread = from.spread ?? Number.NaN;
  }

  /** The complete state, to continue from. */
  get state(): TallyState {
    const { rows, squaredError, spread } = this;
    const mean = this.mean ? [...this.mean] : null;
    return { rows, firing: [...this.firing], squaredError, mean, spread };
  }

  add(batch: BatchMeasures): void {
    const { firing } = this;
    for (let f = 0; f < firing.length; f++) {
      firing[f] = (firing[f] as number) + (batch.firing[f] as number);
    }
    this.squaredError += batch.squaredError;
    this.addSpread(batch);
    this.rows += batch.rows;
  }

  /**
   * Combines the variances of two parts (Chan et al. 1983): squares of values far from zero are
   * never subtracted.
   */
  private addSpread({ rows, mean, spread }: BatchMeasures): void {
    this.mean ??= Float64Array.from(mean);
    const whole = this.mean;
    const share = rows / (this.rows + rows);
    let apart = 0; // ‖mean − mean so far‖²
    for (let c = 0; c < whole.length; c++) {
      const difference = (mean[c] as number) - (whole[c] as number);
      apart += difference * difference;
      whole[c] = (whole[c] as number) + share * difference;
    }
    this.spread += spread + apart * share * this.rows;
  }

  /** The measures; undefined if there was no batch. */
  get measures(): EpochMeasures | undefined {
    const { rows, firing, squaredError, spread } = this;
    if (rows === 0) return undefined;
    return {
      l0: firing.reduce((sum, count) => sum + count, 0) / rows,
      explained_variance: spread > 0 ? 1 - squaredError / spread : Number.NaN,
      dead: firing.reduce((dead, count) => dead + (count === 0 ? 1 : 0), 0),
    };
  }
}
