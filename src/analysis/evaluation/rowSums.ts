import type { Reconstruction, RowSparsity } from './evaluation';

/** Sums over rows, from which all means over rows are computed. In double precision. */
export class RowSums {
  rows = 0;
  private zeroRows = 0;
  private squaredError = 0; // Σ ‖y − xHat‖²
  private relativeError = 0; // Σ ‖y − xHat‖² / ‖y‖²
  private cosine = 0; // Σ cos(y, xHat)
  private normRatio = 0; // Σ ‖xHat‖ / ‖y‖
  private squaredNorm = 0; // Σ ‖xHat‖²
  private product = 0; // Σ y · xHat
  private squaredShifted = 0; // Σ ‖y − first‖²
  private readonly shifted: Float64Array; // Σ y − first, [outputDim]
  /**
   * The first row, which is subtracted before summing: with data far from zero, squares would
   * cancel out the variance.
   */
  private first: Float32Array | undefined;
  private varies = false;
  private activation = 0; // Σ Σ f
  private active = 0; // Σ #(f > 0)
  /** The number of rows for each L0. */
  private readonly rowsByL0 = new Map<number, number>();

  constructor(private readonly width: number) {
    this.shifted = new Float64Array(width);
  }

  /** Adds the codes of a row: their number, and their sum. */
  addCodes(active: number, activation: number): void {
    this.active += active;
    this.activation += activation;
    this.rowsByL0.set(active, (this.rowsByL0.get(active) ?? 0) + 1);
  }

  /** Adds a row's target and reconstruction, which begin at `start` in two arrays. */
  addRow(y: Float32Array, xHat: Float32Array, start: number): void {
    const { width, shifted } = this;
    this.first ??= y.slice(start, start + width);
    const { first } = this;
    let error = 0;
    let norm = 0;
    let madeNorm = 0;
    let product = 0;
    let apart = 0;
    for (let column = 0; column < width; column++) {
      const wanted = y[start + column] as number;
      const made = xHat[start + column] as number;
      const moved = wanted - (first[column] as number);
      error += (wanted - made) ** 2;
      norm += wanted * wanted;
      madeNorm += made * made;
      product += wanted * made;
      apart += moved * moved;
      shifted[column] = (shifted[column] as number) + moved;
    }
    this.varies ||= apart > 0;
    this.squaredError += error;
    this.squaredNorm += madeNorm;
    this.product += product;
    this.squaredShifted += apart;
    if (norm === 0) {
      this.zeroRows += 1;
      return;
    }
    this.relativeError += error / norm;
    this.normRatio += Math.sqrt(madeNorm / norm);
    if (madeNorm > 0) this.cosine += product / Math.sqrt(norm) / Math.sqrt(madeNorm);
  }

  /** Whether the codes and the reconstructions so far are finite. */
  get isFinite(): boolean {
    return Number.isFinite(this.activation) && Number.isFinite(this.squaredError);
  }

  sparsity(): RowSparsity {
    const { rows } = this;
    return {
      l0Mean: this.active / rows,
      l0Median: this.l0Median(),
      l1Mean: this.activation / rows,
    };
  }

  reconstruction(): Reconstruction {
    const { rows, zeroRows } = this;
    const mse = this.squaredError / rows;
    const squaredMean = this.shifted.reduce((total, sum) => total + (sum / rows) ** 2, 0);
    const variance = this.squaredShifted / rows - squaredMean;
    const fvu = this.varies && variance > 0 ? mse / variance : null;
    const overOthers = (sum: number) => (rows > zeroRows ? sum / (rows - zeroRows) : null);
    return {
      mse,
      explainedVariance: fvu === null ? null : 1 - fvu,
      fvu,
      nmse: overOthers(this.relativeError),
      cosine: overOthers(this.cosine),
      relativeReconstructionBias: this.product === 0 ? null : this.squaredNorm / this.product,
      normRatio: overOthers(this.normRatio),
      zeroRows,
    };
  }

  private l0Median(): number {
    const sorted = [...this.rowsByL0].sort(([a], [b]) => a - b);
    const at = (place: number) => {
      let before = 0;
      for (const [l0, rows] of sorted) {
        before += rows;
        if (place < before) return l0;
      }
      return Number.NaN;
    };
    return (at(Math.ceil(this.rows / 2) - 1) + at(Math.floor(this.rows / 2))) / 2;
  }
}
