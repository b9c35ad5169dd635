import { badContent } from '../../errors';
import type { ByteSource, OnPart } from './byteSource';
import { DTYPE_BYTES, type Dtype } from './dtypes';
import { floatsFromHalves } from './float16';
import { bytesFrom, float32From } from './values';

/** Is told of values that have come. */
export type OnFloats = (part: Float32Array) => void;

/** An array in a file, of which no value has been read yet. */
export interface StoredTensor {
  readonly dtype: Dtype;
  /** Lengths of its axes; the last one is the fastest. */
  readonly shape: readonly number[];
  /** Where its bytes begin in their source, where they follow one another there. */
  readonly start?: number;
  /**
   * Values as float32, rounded where they are of another type.
   *
   * @param first the first place along the first axis; 0 by default
   * @param count how many of its places; all that follow by default
   * @param onPart told of each part of the values while others are still on their way, where they come in
   * parts; never, where they come at once
   * @throws SAE_FILE past the end.
   */
  floats(first?: number, count?: number, onPart?: OnFloats): Promise<Float32Array>;
  /**
   * The values from a place along the first axis on, as many as there is room for, into memory that is
   * there; only where that saves a copy.
   */
  readInto?(values: Float32Array, first: number): Promise<void>;
  /** All of its bytes, as the file has them. */
  bytes(): Promise<Uint8Array>;
}

/** Number of values in an array of such a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/**
 * An array whose bytes follow one another in a source, little-endian.
 *
 * @param start where they begin
 */
export function storedTensor(
  source: ByteSource,
  dtype: Dtype,
  shape: readonly number[],
  start: number,
): StoredTensor {
  const [length = 1] = shape;
  const row = sizeOf(shape.slice(1)) * DTYPE_BYTES[dtype]; // bytes
  const checkPlaces = (first: number, count: number) => {
    if (first >= 0 && count >= 0 && first + count <= length) return;
    const received = `${length} of them`;
    throw badContent(`places ${first} to ${first + count}`, received, 'Ask for fewer.');
  };
  /** Memory for bytes that are not float32's, which serves again. */
  let spare: Uint8Array | undefined;
  const readHalves = async (values: Float32Array, first: number) => {
    const length = values.length * DTYPE_BYTES.float16;
    const room = spare && spare.length >= length ? spare : new Uint8Array(length);
    spare = undefined; // another call's, meanwhile
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
      // Of another type a part would be converted twice.
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
