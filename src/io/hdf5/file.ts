import type { Dtype } from '../bytes/dtypes';

/** An array in a file: its type, and where its values are, row by row, little-endian. */
export interface Hdf5Dataset {
  /** The path without a leading slash: `optimizer/vars/0`. */
  readonly path: string;
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  readonly offset: number;
  readonly bytes: number;
}

/** The contents of a file. */
export interface Hdf5File {
  /** Every group except the root, including empty ones. */
  readonly groups: ReadonlySet<string>;
  readonly datasets: ReadonlyMap<string, Hdf5Dataset>;
}
