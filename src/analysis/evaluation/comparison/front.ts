import type { Evaluation } from '../evaluation';

/** A dictionary's trade-off between few active features and good reconstructions. */
export interface FrontPoint {
  /** Its name in the comparison. */
  name: string;
  /** Mean number of active features per row. */
  l0: number;
  /** The share of variance explained, at most 1. */
  explainedVariance: number;
  /**
   * Whether it is on the front: no other explains as much with fewer active features, or more with
   * as many.
   */
  isBest: boolean;
}

/**
 * Returns L0 against explained variance, without dictionaries where either was not measured, and
 * without rows that are all alike.
 */
export function frontOf(evaluations: readonly Evaluation[]): FrontPoint[] {
  const points = evaluations.flatMap(({ name, sparsity, reconstruction }) => {
    const explainedVariance = reconstruction?.explainedVariance ?? null;
    if (sparsity === undefined || explainedVariance === null) return [];
    return [{ name, l0: sparsity.l0Mean, explainedVariance }];
  });
  return points.map((point) => ({
    ...point,
    isBest: !points.some(
      (other) =>
        other.l0 <= point.l0 &&
        other.explainedVariance >= point.explainedVariance &&
        (other.l0 < point.l0 || other.explainedVariance > point.explainedVariance),
    ),
  }));
}
