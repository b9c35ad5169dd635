/** An array in a file of whatever format, read some rows at a time. */
export interface RowArray {
  /** What errors call it. */
  readonly name: string;
  readonly shape: readonly number[];
  /** NumPy's name of its kind of number, without the order of bytes: `u1`, `f4`. */
  readonly dtype: string;
  /**
   * Rows `first` to `first + rows`, all other axes in one line, the last one fastest.
   *
   * @param axes how many of the leading axes count rows together; 1 by default
   * @throws SAE_FILE past the end, or where it cannot be read.
   */
  read(first: number, rows: number, axes?: number): Promise<ArrayLike<number>>;
  /**
   * Reads as many float32 as there is room for into memory that is there: only where that saves a copy,
   * and fresh memory.
   */
  readInto?(values: Float32Array, first: number, axes?: number): Promise<void>;
  /** What errors call one of its rows, by default its name and the row's number; axes as of `read`. */
  rowName?(row: number, axes: number): string;
  close(): Promise<void>;
}

/** A file with several arrays, of which no value has been read yet. */
export interface ArrayFile {
  /** What errors call it. */
  readonly name: string;
  /** By name, in the order of the file. */
  readonly arrays: ReadonlyMap<string, ArrayInFile>;
  close(): Promise<void>;
}

/** One of several arrays in a file. */
export interface ArrayInFile {
  readonly shape: readonly number[];
  /**
   * Opens it; closing it leaves the file open.
   *
   * @throws SAE_FILE or SAE_UNSUPPORTED for one that cannot be read.
   */
  open(): Promise<RowArray>;
}
