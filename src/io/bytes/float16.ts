/** Returns floats whose bits a function computes from 16 bits. */
export function bitsOf(halves: Uint16Array, bits: (half: number) => number): Float32Array {
  const out = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) out[i] = bits(halves[i] as number);
  return new Float32Array(out.buffer);
}

let float16Table: Uint32Array | undefined;

/** Converts float16 values to float32, exactly, with a table of all 65536 of them. */
export function fromFloat16(halves: Uint16Array): Float32Array {
  const floats = new Float32Array(halves.length);
  floatsFromHalves(halves, floats);
  return floats;
}

/** Converts into existing memory. */
export function floatsFromHalves(halves: Uint16Array, floats: Float32Array): void {
  float16Table ??= Uint32Array.from({ length: 2 ** 16 }, (_, half) => float16Bits(half));
  const table = float16Table;
  const bits = new Uint32Array(floats.buffer, floats.byteOffset, halves.length);
  for (let i = 0; i < bits.length; i++) bits[i] = table[halves[i] as number] as number;
}

/** Returns the bits of the float32 that equals a float16. */
function float16Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 31;
  const mantissa = half & 1023;
  if (exponent === 31) return sign | 0x7f800000 | (mantissa << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (mantissa << 13);
  if (mantissa === 0) return sign;
  // Subnormal numbers: mantissa × 2^-24, whose highest bit becomes the implied one.
  const shift = Math.clz32(mantissa) - 21;
  return sign | ((113 - shift) << 23) | ((mantissa << (shift + 13)) & 0x7fffff);
}
