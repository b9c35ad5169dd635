import type { SparseCodes } from '../../kernels/sparseCodes';
import { bitsOf, halfOctave, halfOctaveBorder } from './octaves';

/** The number of half octaves between the smallest and the largest float32, and the lowest one. */
const LOWEST = 2 * -149;
const BINS = 2 * (149 + 128);

/** Histograms of each feature's activations, all with the same bins of half an octave. */
export class Histograms {
  /** The counts by bin, then by feature; only for the bins that occur. */
  private readonly counts: (Uint32Array | undefined)[] = new Array(BINS).fill(undefined);
  /** The bins that occur, from `first` up to, but excluding, `end`. */
  private first = BINS;
  private end = 0;

  constructor(private readonly features: number) {}

  add({ indices, values }: SparseCodes): void {
    const { counts } = this;
    const bits = bitsOf(values);
    for (let i = 0; i < indices.length; i++) {
      const bin = halfOctave(bits[i] as number) - LOWEST;
      const inBin = counts[bin] ?? this.newBin(bin);
      const feature = indices[i] as number;
      inBin[feature] = (inBin[feature] as number) + 1;
    }
  }

  /**
   * Returns the number of rows with an activation of the feature in `[2^octave, 2^(octave + 1))`.
   */
  inOctave(feature: number, octave: number): number {
    const bin = 2 * octave - LOWEST;
    return this.count(bin, feature) + this.count(bin + 1, feature);
  }

  /** Returns the edges of all bins, from the first to the last one that any feature uses. */
  edges(): number[] {
    const borders = this.end > 0 ? this.end - this.first + 1 : 0;
    return Array.from({ length: borders }, (_, i) => halfOctaveBorder(this.first + i + LOWEST));
  }

  /**
   * Returns a feature's counts, from its first bin to its last; `first` counts from the first edge.
   */
  of(feature: number): { first: number; counts: number[] } {
    const counts: number[] = [];
    for (let bin = this.first; bin < this.end; bin++) counts.push(this.count(bin, feature));
    const first = counts.findIndex((count) => count > 0);
    if (first < 0) return { first: 0, counts: [] };
    while (counts.at(-1) === 0) counts.pop();
    return { first, counts: counts.slice(first) };
  }

  private count(bin: number, feature: number): number {
    return this.counts[bin]?.[feature] ?? 0;
  }

  private newBin(bin: number): Uint32Array {
    const inBin = new Uint32Array(this.features);
    this.counts[bin] = inBin;
    this.first = Math.min(this.first, bin);
    this.end = Math.max(this.end, bin + 1);
    return inBin;
  }
}
