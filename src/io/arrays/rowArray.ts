/** An array in a file of any format, which is read some rows at a time. */
export interface RowArray {
  /** How errors refer to it. */
  readonly name: string;
  readonly shape: readonly number[];
  /** NumPy's name of its number type, without byte order: `u1`, `f4`. */
  readonly dtype: string;
  /**
   * Returns rows `first` to `first + rows`, with all other axes flattened, the last one fastest.
   *
   * @param axes how many of the leading axes count rows together; 1 by default
   * @throws SAE_FILE past the end, or if it cannot be read.
   */
  read(first: number, rows: number, axes?: number): Promise<ArrayLike<number>>;
  /**
   * Reads as many float32 values as fit into existing memory: defined only if that saves a copy and
   * an allocation.
   */
  readInto?(values: Float32Array, first: number, axes?: number): Promise<void>;
  /**
   * Returns how errors refer to a row, by default its name and the row's number; `axes` as for
   * `read`.
   */
  rowName?(row: number, axes: number): string;
  close(): Promise<void>;
}

/** A file with several arrays, whose values are read on demand. */
export interface ArrayFile {
  /** How errors refer to it. */
  readonly name: string;
  /** The arrays by name, in the order of the file. */
  readonly arrays: ReadonlyMap<string, ArrayInFile>;
  close(): Promise<void>;
}

/** One of several arrays in a file. */
export interface ArrayInFile {
  readonly shape: readonly number[];
  /**
   * Opens the array; closing it keeps the file open.
   *
   * @throws SAE_FILE or SAE_UNSUPPORTED if it cannot be read.
   */
  open(): Promise<RowArray>;
}
