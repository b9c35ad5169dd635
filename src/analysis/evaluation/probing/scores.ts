/** How well log-odds predict which rows are of a class. */
export interface Scores {
  accuracy: number;
  auc: number;
  f1: number;
}

/**
 * Returns the accuracy, the area under the ROC curve, and the F1 scores of both sides weighted by
 * their rows, like scikit-learn's `f1_score(average="weighted")`.
 *
 * @param odds the log-odds of each row; above 0 for the class
 * @param isPositive 1 or 0 for each row
 */
export function scores(odds: Float64Array, isPositive: Uint8Array): Scores {
  const counts = { hit: 0, missed: 0, false: 0, other: 0 };
  isPositive.forEach((positive, row) => {
    const said = (odds[row] as number) > 0;
    if (positive === 1) counts[said ? 'hit' : 'missed'] += 1;
    else counts[said ? 'false' : 'other'] += 1;
  });
  const rows = isPositive.length;
  const [positives, negatives] = [counts.hit + counts.missed, counts.false + counts.other];
  const wrong = counts.missed + counts.false;
  const f1 = (right: number) => (right > 0 ? (2 * right) / (2 * right + wrong) : 0);
  return {
    accuracy: (counts.hit + counts.other) / rows,
    auc: areaUnderCurve(odds, isPositive),
    f1: (positives * f1(counts.hit) + negatives * f1(counts.other)) / rows,
  };
}

/**
 * Returns the area by the ranks of the class's rows; equal odds have their mean rank. One half if
 * one side is empty.
 */
export function areaUnderCurve(odds: Float64Array, isPositive: Uint8Array): number {
  const order = Array.from(odds.keys()).sort((a, b) => (odds[a] as number) - (odds[b] as number));
  let ranks = 0;
  let positives = 0;
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && odds[order[to] as number] === odds[order[from] as number]) to += 1;
    for (let i = from; i < to; i++) {
      if (isPositive[order[i] as number] !== 1) continue;
      positives += 1;
      ranks += (from + 1 + to) / 2;
    }
    from = to;
  }
  const negatives = order.length - positives;
  if (positives === 0 || negatives === 0) return 0.5;
  return (ranks - (positives * (positives + 1)) / 2) / (positives * negatives);
}
