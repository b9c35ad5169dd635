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
  /** What errors call one of its rows; by default its name and the row's number. */
  rowName?(row: number): string;
  close(): Promise<void>;
}
