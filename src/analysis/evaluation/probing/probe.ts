import { type Examples, type Fit, logisticRegression, logOdds } from './logisticRegression';
import { areaUnderCurve } from './scores';

/**
 * The candidates for the penalty's inverse weight: 10 from 10⁵ to 10⁻⁵, evenly spaced in logarithm.
 */
const CS = Array.from({ length: 10 }, (_, i) => 10 ** (5 - (10 * i) / 9));
/**
 * With at least this many rows, some are held out to choose it; with fewer, each is held out once.
 */
const ENOUGH_TO_HOLD_OUT = 128;
const HELD_OUT_SHARE = 0.2;
const MOST_HELD_OUT = 100;
const FOLDS = 6;

/**
 * Fits a logistic regression, choosing the penalty like sae-probes: by the area under the ROC curve
 * on held-out rows, the weakest of equally good ones; then fits it to all rows. Up to 127 rows
 * there are six folds, drawn by the order of the rows in place of scikit-learn's draw.
 *
 * @param examples in random order
 */
export function probe(examples: Examples): { fit: Fit; c: number } {
  const folds = foldsOf(examples.isPositive);
  const areas = CS.map((c) => {
    const each = folds.map((held) => {
      const fit = logisticRegression(
        some(examples, (row) => !held.has(row)),
        c,
      );
      const left = some(examples, (row) => held.has(row));
      return areaUnderCurve(logOdds(left, fit), left.isPositive);
    });
    return each.reduce((sum, area) => sum + area, 0) / each.length;
  });
  const c = CS[areas.indexOf(Math.max(...areas))] as number;
  return { fit: logisticRegression(examples, c), c };
}

/** Returns the held-out rows of each fold. */
function foldsOf(isPositive: Uint8Array): Set<number>[] {
  const rows = isPositive.length;
  if (rows >= ENOUGH_TO_HOLD_OUT) {
    const count = Math.min(Math.floor(HELD_OUT_SHARE * rows), MOST_HELD_OUT);
    return [new Set(Array.from({ length: count }, (_, i) => rows - count + i))];
  }
  const folds = Array.from({ length: FOLDS }, () => new Set<number>());
  const seen = [0, 0];
  isPositive.forEach((side, row) => {
    const fold = (seen[side] as number) % FOLDS;
    folds[fold]?.add(row);
    seen[side] = (seen[side] as number) + 1;
  });
  return folds;
}

function some({ values, k, isPositive }: Examples, isTaken: (row: number) => boolean): Examples {
  return {
    values: values.filter((_, i) => isTaken(Math.floor(i / k))),
    k,
    isPositive: isPositive.filter((_, row) => isTaken(row)),
  };
}
