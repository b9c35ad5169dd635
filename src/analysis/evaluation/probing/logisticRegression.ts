/** A logistic regression: the log-odds of a row are `weights · row + intercept`. */
export interface Fit {
  readonly weights: Float64Array;
  readonly intercept: number;
}

/** Rows `[rows, k]`, flat, and 1 or 0 for whether each is of the class. */
export interface Examples {
  readonly values: Float64Array;
  readonly k: number;
  readonly isPositive: Uint8Array;
}

const MOST_STEPS = 200;
/**
 * The iteration has converged when a Newton step's expected gain is below this share of the
 * objective.
 */
const SETTLED = 1e-14;
/** A step is shortened until it achieves at least this share of its expected gain. */
const KEPT = 1e-4;
const SHORTEST = 2 ** -40;
/** Keeps the curvature of the intercept, which is not penalized, above 0. */
const FLOOR = 1e-12;

/**
 * Fits a logistic regression with an L2 penalty, to convergence, by Newton's method:
 *
 * $$
 * \min_{w, b}\; \tfrac12 \lVert w \rVert^2 + C \sum_i \log\!\left(1 + e^{-y_i (w \cdot x_i + b)}\right)
 * $$
 *
 * as in scikit-learn's `LogisticRegression(C=c)`, without a penalty on the intercept.
 */
export function logisticRegression(examples: Examples, c: number): Fit {
  const { k } = examples;
  let at = new Float64Array(k + 1); // the weights, and the intercept
  let { objective, gradient, hessian } = derivatives(examples, c, at);
  for (let step = 0; step < MOST_STEPS; step++) {
    const direction = solved(hessian, gradient);
    const promise = direction.reduce((sum, d, i) => sum + d * (gradient[i] as number), 0);
    if (!(promise > SETTLED * Math.max(1, objective))) break;
    let length = 1;
    let next = moved(at, direction, length);
    let after = derivatives(examples, c, next);
    while (after.objective > objective - KEPT * length * promise && length > SHORTEST) {
      length /= 2;
      next = moved(at, direction, length);
      after = derivatives(examples, c, next);
    }
    if (!(after.objective < objective)) break;
    at = next;
    ({ objective, gradient, hessian } = after);
  }
  return { weights: at.slice(0, k), intercept: at[k] as number };
}

/** Returns the log-odds of each row. */
export function logOdds({ values, k }: Examples, { weights, intercept }: Fit): Float64Array {
  return Float64Array.from({ length: values.length / k }, (_, row) =>
    weights.reduce((sum, w, i) => sum + w * (values[row * k + i] as number), intercept),
  );
}

const moved = (from: Float64Array, direction: Float64Array, length: number) =>
  from.map((value, i) => value - length * (direction[i] as number));

function derivatives({ values, k, isPositive }: Examples, c: number, at: Float64Array) {
  const size = k + 1;
  let loss = 0;
  let norm = 0;
  const gradient = new Float64Array(size);
  const hessian = new Float64Array(size * size);
  for (let row = 0; row < isPositive.length; row++) {
    let odds = at[k] as number;
    for (let i = 0; i < k; i++) odds += (at[i] as number) * (values[row * k + i] as number);
    const signed = isPositive[row] === 1 ? odds : -odds;
    // log(1 + e^−m) without an overflow.
    loss += signed > 0 ? Math.log1p(Math.exp(-signed)) : Math.log1p(Math.exp(signed)) - signed;
    const wrong = 1 / (1 + Math.exp(signed)); // the probability of the other side
    const slope = isPositive[row] === 1 ? -wrong : wrong;
    const bend = wrong * (1 - wrong);
    for (let i = 0; i < size; i++) {
      const value = i < k ? (values[row * k + i] as number) : 1;
      gradient[i] = (gradient[i] as number) + c * slope * value;
      for (let j = 0; j <= i; j++) {
        const other = j < k ? (values[row * k + j] as number) : 1;
        hessian[i * size + j] = (hessian[i * size + j] as number) + c * bend * value * other;
      }
    }
  }
  for (let i = 0; i < k; i++) {
    norm += (at[i] as number) ** 2;
    gradient[i] = (gradient[i] as number) + (at[i] as number);
    hessian[i * size + i] = (hessian[i * size + i] as number) + 1;
  }
  hessian[k * size + k] = (hessian[k * size + k] as number) + FLOOR;
  return { objective: norm / 2 + c * loss, gradient, hessian };
}

/** Solves a positive definite system, given by its lower half, with Cholesky's method. */
function solved(matrix: Float64Array, right: Float64Array): Float64Array {
  const size = right.length;
  const lower = new Float64Array(size * size);
  const at = (i: number, j: number) => lower[i * size + j] as number;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * size + j] as number;
      for (let m = 0; m < j; m++) sum -= at(i, m) * at(j, m);
      lower[i * size + j] = i === j ? Math.sqrt(Math.max(sum, FLOOR)) : sum / at(j, j);
    }
  }
  const x = right.slice();
  for (let i = 0; i < size; i++) {
    for (let m = 0; m < i; m++) x[i] = (x[i] as number) - at(i, m) * (x[m] as number);
    x[i] = (x[i] as number) / at(i, i);
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let m = i + 1; m < size; m++) x[i] = (x[i] as number) - at(m, i) * (x[m] as number);
    x[i] = (x[i] as number) / at(i, i);
  }
  return x;
}
