import { reversed } from '../bytes/byteOrder';
import { fromFloat16 } from '../bytes/float16';

/**
 * Numbers of an array: in its own type if JavaScript has it, otherwise in one that can hold them.
 */
export type Numbers =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

type FromBytes = (bytes: Uint8Array) => Numbers;

const { BYTES_PER_ELEMENT: TWO } = Uint16Array;
const { BYTES_PER_ELEMENT: FOUR } = Uint32Array;
const { BYTES_PER_ELEMENT: EIGHT } = Float64Array;

/**
 * The conversions by NumPy's names, without byte order. The bytes are aligned for a typed array.
 */
const FROM_BYTES = {
  b1: (bytes) => bytes.map((byte) => (byte === 0 ? 0 : 1)),
  u1: ({ buffer, byteOffset, length }) => new Uint8Array(buffer, byteOffset, length),
  i1: ({ buffer, byteOffset, length }) => new Int8Array(buffer, byteOffset, length),
  u2: ({ buffer, byteOffset, length }) => new Uint16Array(buffer, byteOffset, length / TWO),
  i2: ({ buffer, byteOffset, length }) => new Int16Array(buffer, byteOffset, length / TWO),
  u4: ({ buffer, byteOffset, length }) => new Uint32Array(buffer, byteOffset, length / FOUR),
  i4: ({ buffer, byteOffset, length }) => new Int32Array(buffer, byteOffset, length / FOUR),
  u8: ({ buffer, byteOffset, length }) =>
    Float64Array.from(new BigUint64Array(buffer, byteOffset, length / EIGHT), Number),
  i8: ({ buffer, byteOffset, length }) =>
    Float64Array.from(new BigInt64Array(buffer, byteOffset, length / EIGHT), Number),
  f2: ({ buffer, byteOffset, length }) =>
    fromFloat16(new Uint16Array(buffer, byteOffset, length / TWO)),
  f4: ({ buffer, byteOffset, length }) => new Float32Array(buffer, byteOffset, length / FOUR),
  f8: ({ buffer, byteOffset, length }) => new Float64Array(buffer, byteOffset, length / EIGHT),
} satisfies Record<string, FromBytes>;

/** The supported dtypes: booleans, integers and floats. */
export type NpyDtype = keyof typeof FROM_BYTES;

/** Returns whether a dtype is supported. */
export const isNpyDtype = (dtype: string): dtype is NpyDtype => Object.hasOwn(FROM_BYTES, dtype);

/** Returns the number of bytes per value. */
export const bytesEach = (dtype: NpyDtype): number => Number(dtype.slice(1));

/**
 * Returns the numbers in some bytes.
 *
 * @returns 64-bit integers as the nearest double, which is inexact from 2^53 on.
 */
export function numbersFrom(bytes: Uint8Array, dtype: NpyDtype, bigEndian: boolean): Numbers {
  const width = bytesEach(dtype);
  if (bigEndian && width > 1) return FROM_BYTES[dtype](reversed(bytes, width));
  // Not by slice, which for Node's Buffers is the same place again.
  return FROM_BYTES[dtype](bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes));
}
