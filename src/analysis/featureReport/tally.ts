import { modelNotFinite } from '../../errors';
import type { SparseCodes } from '../../kernels/sparseCodes';

/** How often and how strongly each feature fires. */
export class Tally {
  rows = 0;
  /** The most features active on one row. */
  l0Max = 0;
  /** The number of rows on which each feature fires. */
  readonly counts: Uint32Array;
  /** The sum of each feature's activations. */
  readonly sums: Float64Array;
  /** The largest activation of each feature. */
  readonly maxima: Float32Array;
  private pairs = 0;

  constructor(
    private readonly where: string,
    features: number,
  ) {
    this.counts = new Uint32Array(features);
    this.sums = new Float64Array(features);
    this.maxima = new Float32Array(features);
  }

  get l0Mean(): number {
    return this.rows > 0 ? this.pairs / this.rows : 0;
  }

  /** @throws SAE_NOT_FINITE for codes that are not finite. */
  add({ indices, values, rowOffsets }: SparseCodes): void {
    const { counts, sums, maxima } = this;
    for (let i = 0; i < indices.length; i++) {
      const feature = indices[i] as number;
      const code = values[i] as number;
      if (!(code < Number.POSITIVE_INFINITY)) {
        throw modelNotFinite(this.where, 'finite codes', `${code}`);
      }
      counts[feature] = (counts[feature] as number) + 1;
      sums[feature] = (sums[feature] as number) + code;
      if (code > (maxima[feature] as number)) maxima[feature] = code;
    }
    for (let row = 1; row < rowOffsets.length; row++) {
      const l0 = (rowOffsets[row] as number) - (rowOffsets[row - 1] as number);
      this.l0Max = Math.max(this.l0Max, l0);
    }
    this.pairs += indices.length;
    this.rows += rowOffsets.length - 1;
  }
}
