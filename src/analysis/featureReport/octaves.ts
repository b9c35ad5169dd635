// The octave of an activation is the power of two at or below it. Read from a float32's bits, it is
// exact, unlike a logarithm.

const MANTISSA = 0x7fffff;
/** The mantissa of the largest float32 below √2. */
const BELOW_SQRT2 = 0x3504f3;

/** Returns the bits of floats, without copying them. */
export const bitsOf = (values: Float32Array): Uint32Array =>
  new Uint32Array(values.buffer, values.byteOffset, values.length);

/** Returns the `i` for which `2^i ≤ x < 2^(i + 1)`, for a float32 x > 0 given by its bits. */
export function octave(bits: number): number {
  const exponent = bits >>> 23;
  return exponent > 0 ? exponent - 127 : -118 - Math.clz32(bits & MANTISSA); // otherwise subnormal
}

/** Returns the `i` for which `√2^i ≤ x < √2^(i + 1)`, for a float32 x > 0 given by its bits. */
export function halfOctave(bits: number): number {
  const low = octave(bits);
  const mantissa = bits >>> 23 > 0 ? bits & MANTISSA : (bits << (-126 - low)) & MANTISSA;
  return 2 * low + (mantissa > BELOW_SQRT2 ? 1 : 0);
}

/** Returns the lower edge of a half octave: `√2^i`, exact if it is a power of two. */
export const halfOctaveBorder = (i: number): number =>
  2 ** Math.floor(i / 2) * (i % 2 === 0 ? 1 : Math.SQRT2);
