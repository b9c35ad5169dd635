/** What needs no training: principal components, and the pixels themselves, the largest of each row. */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';

/**
 * Keeps of each row its largest coefficients, and measures what they explain: in an orthonormal basis
 * what is left is the sum of the squares of the others.
 */
class Kept {
  private readonly left: number[];
  private total = 0;

  constructor(private readonly l0s: readonly number[]) {
    this.left = l0s.map(() => 0);
  }

  /**
   * @param coefficients of a row less the mean, in that basis
   * @param variance ‖row − the rows' own mean‖²
   */
  add(coefficients: Float64Array, variance: number): void {
    this.total += variance;
    const squares = coefficients.map((value) => value * value).sort();
    const all = squares.reduce((sum, square) => sum + square, 0);
    this.l0s.forEach((l0, i) => {
      const kept = squares.subarray(-l0).reduce((sum, square) => sum + square, 0);
      this.left[i] = (this.left[i] as number) + all - kept;
    });
  }

  get explained(): number[] {
    return this.left.map((left) => 1 - left / this.total);
  }
}

/** Rows as bytes, of which the share of 255 is the value. */
export interface Bytes {
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly order: Uint32Array;
}

/** The mean of rows, `[width]`. */
function meanOf({ bytes, width, order }: Bytes): Float64Array {
  const mean = new Float64Array(width);
  for (const row of order)
    for (let i = 0; i < width; i++)
      mean[i] = (mean[i] as number) + (bytes[row * width + i] as number) / 255 / order.length;
  return mean;
}

/** One row less a mean, `[width]`. */
function centred({ bytes, width }: Bytes, row: number, mean: Float64Array): Float64Array {
  return Float64Array.from(mean, (value, i) => (bytes[row * width + i] as number) / 255 - value);
}

/**
 * Explained variance at each L0, of held-out rows by the principal components of the training rows and
 * by the pixels.
 *
 * @param fitted how many training rows the components are of
 */
export function baselines(
  training: Bytes,
  heldOut: Bytes,
  l0s: readonly number[],
): { pca: number[]; identity: number[] } {
  const mean = meanOf(training);
  const components = principalComponents(training, mean);
  const ownMean = meanOf(heldOut);
  const [pca, identity] = [new Kept(l0s), new Kept(l0s)];
  for (const row of heldOut.order) {
    const values = centred(heldOut, row, mean);
    const variance = centred(heldOut, row, ownMean).reduce((sum, v) => sum + v * v, 0);
    const projected = Matrix.rowVector(values).mmul(components).to1DArray();
    pca.add(Float64Array.from(projected), variance);
    identity.add(values, variance);
  }
  return { pca: pca.explained, identity: identity.explained };
}

/** The principal components of rows, one a column, `[width, width]`. */
function principalComponents(rows: Bytes, mean: Float64Array): Matrix {
  const { width, order } = rows;
  const sums = Array.from({ length: width }, () => new Float64Array(width));
  for (const row of order) {
    const values = centred(rows, row, mean);
    for (let i = 0; i < width; i++) {
      const [value, sum] = [values[i] as number, sums[i] as Float64Array];
      for (let j = i; j < width; j++) sum[j] = (sum[j] as number) + value * (values[j] as number);
    }
  }
  const covariance = new Matrix(width, width);
  sums.forEach((sum, i) => {
    for (let j = i; j < width; j++) {
      covariance.set(i, j, sum[j] as number);
      covariance.set(j, i, sum[j] as number);
    }
  });
  return new EigenvalueDecomposition(covariance, { assumeSymmetric: true }).eigenvectorMatrix;
}
