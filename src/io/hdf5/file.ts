import type { Dtype } from '../bytes/dtypes';

/** An array in a file: what it is, and where its values stand, row by row, little-endian. */
export interface Hdf5Dataset {
  /** Without a slash before it, as in `optimizer/vars/0`. */
  readonly path: string;
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  readonly offset: number;
  readonly bytes: number;
}

/** What is in a file. */
export interface Hdf5File {
  /** Every group but the root, those without anything in them too. */
  readonly groups: ReadonlySet<string>;
  readonly datasets: ReadonlyMap<string, Hdf5Dataset>;
}
