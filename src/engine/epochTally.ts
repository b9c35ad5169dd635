import type { BatchMeasures } from '../kernels/numbers';
import { isCount, isNumberOrNull } from '../plainData';

/** Measures of an epoch's batches beside their losses, by the names that the logs show. */
export type EpochMeasures = {
  /** Features that fire on a row, on average. */
  readonly l0: number;
  /** Share of the targets' variance that the reconstructions keep; NaN where there is none. */
  readonly explained_variance: number;
  /** Features that fired on no row. */
  readonly dead: number;
};

/** The names of these. */
export const EPOCH_MEASURES = ['l0', 'explained_variance', 'dead'] as const;

/** A tally as plain data. JSON has no NaN and no infinity: they come back from it as null, for NaN. */
export interface TallyState {
  /** Rows so far. */
  readonly rows: number;
  /** For each feature, on how many it has fired. */
  readonly firing: readonly number[];
  /** Σ ‖target − reconstruction‖² */
  readonly squaredError: number;
  /** The targets' mean; null before the first row. */
  readonly mean: readonly number[] | null;
  /** Σ ‖target − mean‖² */
  readonly spread: number;
}

/** Whether a value has a tally's form. */
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
 * Adds up batch after batch. Each was measured with the weights of its own step, so that in training
 * these are means over the epoch, as the losses are.
 */
export class EpochTally {
  private rows = 0;
  private readonly firing: Float64Array;
  private squaredError = 0;
  private mean: Float64Array | undefined;
  /** Σ ‖target − mean‖² */
  private spread = 0;

  /** @param from what it goes on from; nothing by default */
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

  /** All of it, to go on from. */
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

  /** Variances of two parts as one of the whole (Chan et al. 1983): squares of what is far from zero never meet. */
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

  /** Undefined where there was no batch. */
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
