import { badContent } from '../../errors';
import type { ByteSource, OnPart } from './byteSource';
import { DTYPE_BYTES, type Dtype } from './dtypes';
import { floatsFromHalves } from './float16';
import { bytesFrom, float32From } from './values';

/** Called with each part of the values as it arrives. */
export type OnFloats = (part: Float32Array) => void;

/** An array in a file, whose values are read on demand. */
export interface StoredTensor {
  readonly dtype: Dtype;
  /** Lengths of its axes; the last one is the fastest. */
  readonly shape: readonly number[];
  /** The offset of its bytes in their source, if they are contiguous there. */
  readonly start?: number;
  /**
   * Returns values as float32, rounded if they are of another type.
   *
   * @param first the first index along the first axis; 0 by default
   * @param count the number of indices; all that follow by default
   * @param onPart called with each part of the values while others are still arriving, if they
   *   arrive in parts; never if they arrive at once
   * @throws SAE_FILE past the end.
   */
  floats(first?: number, count?: number, onPart?: OnFloats): Promise<Float32Array>;
  /**
   * Reads the values from an index along the first axis on, as many as fit, into existing memory;
   * defined only if that saves a copy.
   */
  readInto?(values: Float32Array, first: number): Promise<void>;
  /** Returns all of its bytes, as in the file. */
  bytes(): Promise<Uint8Array>;
}

/** Returns the number of values in an array of this shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/**
 * Returns an array whose bytes are contiguous in a source, little-endian.
 *
 * @param start the offset of its bytes
 */
export function storedTensor(
  source: ByteSource,
  dtype: Dtype,
  shape: readonly number[],
  start: number,
): StoredTensor {
  const [length = 1] = shape;
  const row = sizeOf(shape.slice(1)) * DTYPE_BYTES[dtype]; // the size in bytes
  const checkPlaces = (first: number, count: number) => {
    if (first >= 0 && count >= 0 && first + count <= length) return;
    const received = `${length} of them`;
    throw badContent(`places ${first} to ${first + count}`, received, 'Ask for fewer.');
  };
  /** Reusable memory for bytes of types other than float32. */
  let spare: Uint8Array | undefined;
  const readHalves = async (values: Float32Array, first: number) => {
    const length = values.length * DTYPE_BYTES.float16;
    const room = spare && spare.length >= length ? spare : new Uint8Array(length);
    spare = undefined; // used by another call meanwhile
    const bytes = room.subarray(0, length);
    await source.readInto?.(bytes, start + first * row);
    floatsFromHalves(new Uint16Array(bytes.buffer, 0, values.length), values);
    spare = room;
  };
  return {
    dtype,
    shape,
    start,
    floats: async (first = 0, count = length - first, onPart) => {
      checkPlaces(first, count);
      // A part of another type would be converted twice.
      const onBytes: OnPart | undefined =
        onPart && dtype === 'float32' ? (part) => onPart(float32From(dtype, part)) : undefined;
      return float32From(dtype, await source.read(start + first * row, count * row, onBytes));
    },
    ...((dtype === 'float32' || dtype === 'float16') &&
      source.readInto && {
        readInto: async (values: Float32Array, first: number) => {
          checkPlaces(first, Math.ceil((values.length * DTYPE_BYTES[dtype]) / row));
          if (dtype === 'float16') await readHalves(values, first);
          else await source.readInto?.(bytesFrom('float32', values), start + first * row);
        },
      }),
    bytes: () => source.read(start, length * row),
  };
}
