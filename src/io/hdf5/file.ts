/** Numbers of whatever a dataset in a Keras file holds. */
export type Hdf5Dtype =
  | 'float16'
  | 'bfloat16'
  | 'float32'
  | 'float64'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'bool';

/** Bytes of one value. */
export const DTYPE_BYTES: Readonly<Record<Hdf5Dtype, number>> = {
  float16: 2,
  bfloat16: 2,
  float32: 4,
  float64: 8,
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  uint8: 1,
  uint16: 2,
  uint32: 4,
  uint64: 8,
  bool: 1,
};

/** An array in a file: what it is, and where its values stand, row by row, little-endian. */
export interface Hdf5Dataset {
  /** Without a slash before it, as in `optimizer/vars/0`. */
  readonly path: string;
  readonly shape: readonly number[];
  readonly dtype: Hdf5Dtype;
  readonly offset: number;
  readonly bytes: number;
}

/** What is in a file. */
export interface Hdf5File {
  /** Every group but the root, those without anything in them too. */
  readonly groups: ReadonlySet<string>;
  readonly datasets: ReadonlyMap<string, Hdf5Dataset>;
}
