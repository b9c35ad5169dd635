/** What a dictionary has found of features that are known, and what two dictionaries share. */
import { linearSumAssignment } from 'linear-sum-assignment';
import { Matrix } from 'ml-matrix';
import type { SyntheticRows } from './synthetic';

/** Two dictionaries share a feature where one of each is the other's nearest, and at least this near. */
const SHARED = 0.7;
/** A code counts as absorbed where it is below this share of what it is on rows without a child. */
const ABSORBED = 0.1;

/** `rows [count, width]`, each brought to norm 1; those of zeros stay. */
function unitRows(rows: Float32Array, width: number): Matrix {
  const matrix = Matrix.from1DArray(rows.length / width, width, rows);
  for (let r = 0; r < matrix.rows; r++) {
    const norm = Math.hypot(...matrix.getRow(r));
    if (norm > 0) matrix.mulRow(r, 1 / norm);
  }
  return matrix;
}

/** The cosine of each row of one with each row of the other, `[rows of a, rows of b]`. */
export const cosines = (a: Float32Array, b: Float32Array, width: number): Matrix =>
  unitRows(a, width).mmul(unitRows(b, width).transpose());

/** What was found of known features. */
export interface Recovery {
  /**
   * The mean over true features of the cosine with the one feature that is matched to each, where matches
   * are chosen so that this is as large as can be (mean maximal cosine, Hungarian).
   */
  readonly mcc: number;
  /**
   * The share of rows with a parent and a child on which the feature that is matched to the parent is
   * silent, as the child's has taken over its direction; NaN where there are no parents.
   */
  readonly absorption: number;
}

/**
 * Holds a dictionary against the features that rows are made of.
 *
 * @param decoder its rows, `[features, inputDim]`
 * @param codes of the true rows, `[rows, features]`
 */
export function recovery(
  truth: SyntheticRows,
  decoder: Float32Array,
  codes: Float32Array,
  inputDim: number,
): Recovery {
  const near = cosines(truth.directions, decoder, inputDim);
  const { rowAssignments } = linearSumAssignment(near.clone(), { maximaze: true });
  const matched = Array.from(rowAssignments);
  const sum = matched.reduce((total, column, f) => total + near.get(f, column), 0);
  return { mcc: sum / matched.length, absorption: absorption(truth, matched, codes) };
}

function absorption(
  { present, parents }: SyntheticRows,
  matched: readonly number[],
  codes: Float32Array,
): number {
  const features = parents.length;
  const rows = present.length / features;
  const shares: number[] = [];
  const isParent = (f: number) => parents.includes(f);
  for (let parent = 0; parent < features; parent++) {
    if (!isParent(parent)) continue;
    const children = parents.flatMap((p, f) => (p === parent ? [f] : []));
    const alone: number[] = [];
    const withChild: number[] = [];
    for (let r = 0; r < rows; r++) {
      const amount = present[r * features + parent] as number;
      if (amount === 0) continue;
      const code = (codes[r * features + (matched[parent] as number)] as number) / amount;
      const hasChild = children.some((f) => (present[r * features + f] as number) > 0);
      (hasChild ? withChild : alone).push(code);
    }
    const usual = alone.reduce((sum, code) => sum + code, 0) / alone.length;
    const absorbed = withChild.filter((code) => code <= ABSORBED * usual);
    shares.push(absorbed.length / withChild.length);
  }
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

/**
 * The share of features that two dictionaries have both: each is the other's nearest, with a cosine of
 * 0.7 at least.
 *
 * @param a the rows of features that are alive, `[features, width]`
 * @param b the same of the other dictionary
 * @returns of the features of the smaller one
 */
export function sharedFeatures(a: Float32Array, b: Float32Array, width: number): number {
  const near = cosines(a, b, width);
  const nearestOf = Array.from({ length: near.columns }, (_, j) => near.maxColumnIndex(j)[0]);
  let shared = 0;
  for (let i = 0; i < near.rows; i++) {
    const [, j] = near.maxRowIndex(i) as [number, number];
    if (nearestOf[j] === i && near.get(i, j) >= SHARED) shared++;
  }
  return shared / Math.min(near.rows, near.columns);
}
