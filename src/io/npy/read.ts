import { namingFile, unsupportedArray } from '../../errors';
import { type ByteSource, type Openable, openSource } from '../bytes/source';
import { bytesFrom } from '../bytes/values';
import { fortranRows } from './fortran';
import { type NpyHeader, readHeader } from './header';
import { bytesEach, type NpyDtype, type Numbers, numbersFrom } from './numbers';

/** An array in a `.npy` file, which is read some rows at a time. */
export interface NpyArray {
  readonly name: string;
  readonly shape: readonly number[];
  /** NumPy's name, without byte order: `u1`, `f4`. */
  readonly dtype: NpyDtype;
  /**
   * Returns rows `first` to `first + rows` along the first axis: all axes flattened, the last one
   * fastest, whatever the order in the file.
   *
   * @param axes how many of the leading axes count rows together; 1 by default
   * @throws SAE_FILE past the end; SAE_UNSUPPORTED for integers from 2^53 on.
   */
  read(first: number, rows: number, axes?: number): Promise<Numbers>;
  /** Reads into existing memory, as many rows as fit; defined only if that saves a copy. */
  readInto?(values: Float32Array, first: number, axes?: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens an array saved by NumPy, of booleans, integers or floats in any byte order.
 *
 * @returns the array; the caller closes it.
 * @throws SAE_FILE for a file that is missing, damaged or of another kind; SAE_UNSUPPORTED for an
 *   array of anything but numbers.
 */
export async function openNpy(given: Openable): Promise<NpyArray> {
  const source = await openSource(given);
  try {
    return await npyIn(source);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** Opens an array in bytes that are already open; closing the array closes them. */
export const npyIn = async (source: ByteSource): Promise<NpyArray> =>
  arrayIn(source, await namingFile(source.name, () => readHeader(source)));

function arrayIn(source: ByteSource, header: NpyHeader): NpyArray {
  const { name } = source;
  const { shape, dtype, start, bigEndian } = header;
  /** Reads `count` consecutive values of the file, beginning with `at`. */
  const values = async (at: number, count: number): Promise<Numbers> => {
    const bytes = await source.read(start + at * bytesEach(dtype), count * bytesEach(dtype));
    const numbers = numbersFrom(bytes, dtype, bigEndian);
    if (dtype === 'i8' || dtype === 'u8') namingFile(name, () => checkExact(numbers));
    return numbers;
  };
  const inColumns = header.fortran && shape.length > 1;
  const isAsInMemory = dtype === 'f4' && !bigEndian && !inColumns;
  const byFirstAxis = inColumns ? fortranRows(values, shape, bytesEach(dtype)) : undefined;
  return {
    name,
    shape,
    dtype,
    read: async (first, rows, axes = 1) => {
      const width = product(shape.slice(axes));
      if (!byFirstAxis) return values(first * width, rows * width);
      const each = product(shape.slice(1, axes)); // rows per place of the first axis
      const from = Math.floor(first / each);
      const read = await byFirstAxis(from, Math.ceil((first + rows) / each) - from);
      const start = (first - from * each) * width;
      return axes === 1 ? read : read.slice(start, start + rows * width);
    },
    ...(isAsInMemory &&
      source.readInto && {
        readInto: async (values: Float32Array, first: number, axes = 1) => {
          const at = start + first * product(shape.slice(axes)) * bytesEach(dtype);
          await source.readInto?.(bytesFrom('float32', values), at);
        },
      }),
    close: () => source.close(),
  };
}

const product = (lengths: readonly number[]) => lengths.reduce((a, b) => a * b, 1);

function checkExact(numbers: Numbers): void {
  const large = numbers.find((value) => !Number.isSafeInteger(value));
  if (large === undefined) return;
  const received = `one near ${large}`;
  throw unsupportedArray('integers below 2^53', received, "x.astype('float64')");
}
