import { util } from '@tensorflow/tfjs-core';
import { badContent, weightsNotFinite, wrongArrayShape } from '../../errors';
import { float32From } from '../bytes/values';
import type { Hdf5Dataset, Hdf5File } from '../hdf5/read';
import type { Sink } from '../zip/read';

/** An array that a model needs. */
export interface Wanted {
  /** Where Keras stores it. */
  readonly path: string;
  /** How errors refer to it. */
  readonly name: string;
  readonly shape: readonly number[];
}

/** The destination of an array's bytes while the weights file is streamed. */
interface Target {
  readonly offset: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const endOf = ({ offset, bytes }: Target) => offset + bytes.length;

/** Arrays of a weights file that are loaded into memory. */
export class Arrays {
  private readonly targets = new Map<string, Target>();

  constructor(private readonly tree: Hdf5File) {}

  /** Returns the array at a path; undefined if there is none. */
  dataset(path: string): Hdf5Dataset | undefined {
    return this.tree.datasets.get(path);
  }

  /** Returns whether there is an array of that shape at a path. */
  fits({ path, shape }: Pick<Wanted, 'path' | 'shape'>): boolean {
    const found = this.dataset(path);
    return found !== undefined && util.arraysEqual([...found.shape], [...shape]);
  }

  /**
   * Allocates memory for an array, after checking that it is what the model needs.
   *
   * @throws SAE_FILE or SAE_SHAPE if it is missing or different.
   */
  want({ path, name, shape }: Wanted): void {
    const found = this.dataset(path);
    if (found === undefined) {
      const advice = 'Save the model again, or restore it from a copy.';
      throw badContent(`${name} at ${path}`, 'no such array', advice);
    }
    if (!this.fits({ path, shape })) {
      throw wrongArrayShape(`${name} at ${path}`, shape, found.shape);
    }
    const bytes = new Uint8Array(new ArrayBuffer(found.bytes));
    this.targets.set(path, { offset: found.offset, bytes });
  }

  /** Returns the sink for the weights file's bytes, in order. */
  sink(): Required<Sink> {
    const waiting = [...this.targets.values()].sort((a, b) => a.offset - b.offset);
    let next = 0;
    // They do not overlap: readHdf5 has checked that.
    const from = (at: number): Target | undefined => {
      while (next < waiting.length && endOf(waiting[next] as Target) <= at) next += 1;
      return waiting[next];
    };
    return {
      take: (chunk, at) => {
        const end = at + chunk.length;
        for (let start = at; start < end; ) {
          const target = from(start);
          if (target === undefined || target.offset >= end) return;
          const first = Math.max(target.offset, at);
          const last = Math.min(endOf(target), end);
          target.bytes.set(chunk.subarray(first - at, last - at), first - target.offset);
          start = last;
        }
      },
      place: (at, most) => {
        const target = from(at);
        if (target === undefined || target.offset > at) return undefined;
        return target.bytes.subarray(at - target.offset, at - target.offset + most);
      },
    };
  }

  /**
   * Returns an array in tfjs's form, in memory of its own.
   *
   * @throws SAE_NOT_FINITE for NaN or infinity, unless they are allowed.
   */
  floats({ path, name }: Wanted, allowNonFinite: boolean): ArrayBuffer {
    const { dtype } = this.dataset(path) as Hdf5Dataset;
    const { bytes } = this.targets.get(path) as Target;
    const values = float32From(dtype, bytes);
    const count = allowNonFinite ? 0 : nonFinite(values);
    if (count > 0) throw weightsNotFinite(name, count);
    return values.buffer as ArrayBuffer;
  }

  /** Returns a single number. */
  number(path: string): number {
    const { dtype } = this.dataset(path) as Hdf5Dataset;
    const { bytes } = this.targets.get(path) as Target;
    if (dtype !== 'int64') return float32From(dtype, bytes)[0] as number;
    return Number(new DataView(bytes.buffer).getBigInt64(0, true));
  }
}

/** Returns how many of the values are NaN or infinite. */
export function nonFinite(values: Float32Array): number {
  // NaN and infinities times 0 are NaN, and remain so in a sum; four sums do not depend on each
  // other.
  const sums: [number, number, number, number] = [0, 0, 0, 0];
  for (let i = 0; i + 3 < values.length; i += 4) {
    sums[0] += (values[i] as number) * 0;
    sums[1] += (values[i + 1] as number) * 0;
    sums[2] += (values[i + 2] as number) * 0;
    sums[3] += (values[i + 3] as number) * 0;
  }
  for (const value of values.subarray(values.length & ~3)) sums[0] += value * 0;
  return sums[0] + sums[1] + sums[2] + sums[3] === 0
    ? 0
    : values.reduce((count, v) => count + (Number.isFinite(v) ? 0 : 1), 0);
}
