import { bitsOf, fromFloat16 } from '../bytes/float16';
import { DTYPE_BYTES, type Dtype } from './dtypes';

/** The types that weights can be written in. */
export type FloatDtype = 'float16' | 'bfloat16' | 'float32' | 'float64';

// Every machine that runs JavaScript is little-endian, like the values in these files.

/**
 * Converts values to float32: exact for shorter floats, rounded to the nearest for all others.
 *
 * @returns a view of the bytes if they are float32 and aligned for a view.
 */
export function float32From(dtype: Dtype, bytes: Uint8Array): Float32Array {
  const length = Math.floor(bytes.length / DTYPE_BYTES[dtype]);
  const { buffer, byteOffset } = alignedTo(DTYPE_BYTES[dtype], bytes);
  switch (dtype) {
    case 'float32':
      return new Float32Array(buffer, byteOffset, length);
    case 'float16':
      return fromFloat16(new Uint16Array(buffer, byteOffset, length));
    case 'bfloat16':
      return bitsOf(new Uint16Array(buffer, byteOffset, length), (half) => half << 16);
    case 'float64':
      return Float32Array.from(new Float64Array(buffer, byteOffset, length));
    case 'int8':
      return Float32Array.from(new Int8Array(buffer, byteOffset, length));
    case 'int16':
      return Float32Array.from(new Int16Array(buffer, byteOffset, length));
    case 'int32':
      return Float32Array.from(new Int32Array(buffer, byteOffset, length));
    case 'int64':
      return fromBigInts(new BigInt64Array(buffer, byteOffset, length));
    case 'uint8':
      return Float32Array.from(new Uint8Array(buffer, byteOffset, length));
    case 'uint16':
      return Float32Array.from(new Uint16Array(buffer, byteOffset, length));
    case 'uint32':
      return Float32Array.from(new Uint32Array(buffer, byteOffset, length));
    case 'uint64':
      return fromBigInts(new BigUint64Array(buffer, byteOffset, length));
    case 'bool':
      return Float32Array.from(bytes, (byte) => (byte === 0 ? 0 : 1));
  }
}

/**
 * Converts values to the bytes of another float: rounded to the nearest, ties to even.
 *
 * @returns a view of the values if they are written as float32.
 */
export function bytesFrom(dtype: FloatDtype, values: Float32Array): Uint8Array {
  switch (dtype) {
    case 'float32':
      return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    case 'float64':
      return new Uint8Array(Float64Array.from(values).buffer);
    case 'float16':
      return halvesFrom(values, toFloat16);
    case 'bfloat16':
      return halvesFrom(values, toBfloat16);
  }
}

/** Returns the same bytes, at a place where a typed array of that width can begin. */
export function alignedTo(width: number, bytes: Uint8Array): Uint8Array {
  // Not by slice, which for Node's Buffers is the same place again.
  return bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
}

function halvesFrom(values: Float32Array, half: (bits: number) => number): Uint8Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = half(bits[i] as number);
  return new Uint8Array(out.buffer);
}

/** Returns the upper half, rounded; a NaN stays NaN although its lower half is lost. */
function toBfloat16(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

function toFloat16(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size > 0x7f800000) return sign | 0x7e00 | ((size >> 13) & 0x3ff);
  // From 65520 on, halfway to the first number that is too large.
  if (size >= 0x477ff000) return sign | 0x7c00;
  // From 2^-14 on: the exponent in its new place; a carry may raise it.
  if (size >= 0x38800000) {
    return sign | ((size - 0x38000000 + 0xfff + ((size >> 13) & 1)) >> 13);
  }
  // Up to 2^-25, halfway to the smallest.
  if (size <= 0x33000000) return sign;
  // In units of 2^-24.
  const mantissa = (size & 0x7fffff) | 0x800000;
  const shift = 126 - (size >> 23);
  const units = mantissa >> shift;
  const rest = mantissa & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  const up = rest > half || (rest === half && (units & 1) === 1);
  return sign | (units + (up ? 1 : 0));
}

function fromBigInts(values: BigInt64Array | BigUint64Array): Float32Array {
  return Float32Array.from({ length: values.length }, (_, i) => rounded(values[i] as bigint));
}

/** Rounds once: going through a double would round twice if the value has more than 53 bits. */
function rounded(value: bigint): number {
  const size = value < 0n ? -value : value;
  if (size < 2n ** 53n) return Number(value);
  // The last of 53 bits records whether anything below it is not zero.
  const upper = (size >> 11n) | (size % 2048n === 0n ? 0n : 1n);
  const near = Math.fround(Number(upper)) * 2048;
  return value < 0n ? -near : near;
}
