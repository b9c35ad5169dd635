import { unsupportedArray } from '../../errors';
import { type ByteSource, type Openable, openSource } from '../bytes/source';
import { fortranRows } from './fortran';
import { type NpyHeader, readHeader } from './header';
import { bytesEach, type NpyDtype, type Numbers, numbersFrom } from './numbers';

/** An array in a `.npy` file, read some rows at a time. */
export interface NpyArray {
  readonly name: string;
  readonly shape: readonly number[];
  /** As NumPy has it, without the order of bytes: `u1`, `f4`. */
  readonly dtype: NpyDtype;
  /**
   * Rows `first` to `first + rows` along the first axis: all axes in one line, the last one fastest,
   * in whichever order the file has them.
   *
   * @throws SAE_FILE past the end; SAE_UNSUPPORTED for integers from 2^53 on.
   */
  read(first: number, rows: number): Promise<Numbers>;
  close(): Promise<void>;
}

/**
 * Opens an array that NumPy has saved, of booleans, integers or floats in any order.
 *
 * @returns the caller closes it.
 * @throws SAE_FILE for a file that is missing, damaged or something else; SAE_UNSUPPORTED for an
 * array of something other than numbers.
 */
export async function openNpy(given: Openable): Promise<NpyArray> {
  const source = await openSource(given);
  try {
    return arrayIn(source, await readHeader(source));
  } catch (error) {
    await source.close();
    throw error;
  }
}

function arrayIn(source: ByteSource, header: NpyHeader): NpyArray {
  const { name } = source;
  const { shape, dtype, start, bigEndian } = header;
  const width = shape.slice(1).reduce((product, length) => product * length, 1);
  /** `count` values that follow one another in the file, the first of them at `at`. */
  const values = async (at: number, count: number): Promise<Numbers> => {
    const bytes = await source.read(start + at * bytesEach(dtype), count * bytesEach(dtype));
    const numbers = numbersFrom(bytes, dtype, bigEndian);
    if (dtype === 'i8' || dtype === 'u8') checkExact(name, numbers);
    return numbers;
  };
  const inColumns = header.fortran && shape.length > 1;
  return {
    name,
    shape,
    dtype,
    read: inColumns
      ? fortranRows(values, shape, bytesEach(dtype))
      : (first, rows) => values(first * width, rows * width),
    close: () => source.close(),
  };
}

function checkExact(name: string, numbers: Numbers): void {
  const large = numbers.find((value) => !Number.isSafeInteger(value));
  if (large === undefined) return;
  const received = `one near ${large}`;
  throw unsupportedArray(name, 'integers below 2^53', received, "x.astype('float64')");
}
