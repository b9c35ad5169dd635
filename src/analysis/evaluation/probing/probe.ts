import { type Examples, type Fit, logisticRegression, logOdds } from './logisticRegression';
import { areaUnderCurve } from './scores';

/** What the penalty's inverse weight is chosen from: 10 from 10⁵ to 10⁻⁵, evenly by their logarithms. */
const CS = Array.from({ length: 10 }, (_, i) => 10 ** (5 - (10 * i) / 9));
/** With so many rows some are held out to choose it by; with fewer each is, once. */
const ENOUGH_TO_HOLD_OUT = 128;
const HELD_OUT_SHARE = 0.2;
const MOST_HELD_OUT = 100;
const FOLDS = 6;

/**
 * A logistic regression whose penalty is chosen as sae-probes chooses it: by the area under the ROC curve
 * of rows that were held out, the weakest of several equals; then fitted to all rows. Up to 127 rows there
 * are six folds, drawn by the order of the rows, in place of scikit-learn's own draw.
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

/** Of each fold, the rows that are held out. */
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
