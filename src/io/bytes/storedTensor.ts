import { badContent } from '../../errors';
import type { ByteSource, OnPart } from './byteSource';
import { DTYPE_BYTES, type Dtype } from './dtypes';
import { float32From } from './values';

/** Is told of values that have come. */
export type OnFloats = (part: Float32Array) => void;

/** An array in a file, of which no value has been read yet. */
export interface StoredTensor {
  readonly dtype: Dtype;
  /** Lengths of its axes; the last one is the fastest. */
  readonly shape: readonly number[];
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
  return {
    dtype,
    shape,
    floats: async (first = 0, count = length - first, onPart) => {
      if (first < 0 || count < 0 || first + count > length) {
        const received = `${length} of them`;
        throw badContent(`places ${first} to ${first + count}`, received, 'Ask for fewer.');
      }
      // Of another type a part would be converted twice.
      const onBytes: OnPart | undefined =
        onPart && dtype === 'float32' ? (part) => onPart(float32From(dtype, part)) : undefined;
      return float32From(dtype, await source.read(start + first * row, count * row, onBytes));
    },
    bytes: () => source.read(start, length * row),
  };
}
