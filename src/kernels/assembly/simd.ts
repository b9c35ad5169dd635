// Small steps on four numbers at a time.
import { stride } from './layout';

/** a · b + c, rounded once where relaxed SIMD does so, or else after each. */
export function fma(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(c, f32x4.mul(a, b));
}

/** The sum of the four. */
// @inline
export function sum(v: v128): f32 {
  const even = f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 2);
  return even + (f32x4.extract_lane(v, 1) + f32x4.extract_lane(v, 3));
}

/** Of a row, or of so many bytes. */
// @inline
export function squaredNorm(row: usize, bytes: usize = stride): f32 {
  let squares = f32x4.splat(0);
  for (let o: usize = 0; o < bytes; o += 16) {
    const u = v128.load(row + o);
    squares = fma(u, u, squares);
  }
  return sum(squares);
}

/**
 * The sum of four products of two bytes, signed and not, as this engine has it.
 *
 * What relaxed SIMD leaves open, and every engine does in one way, tells how it multiplies; exported, so
 * that it is not computed beforehand.
 */
export function fourProductsOf(a: i32, b: i32): i32 {
  if (!ASC_FEATURE_RELAXED_SIMD) return 0;
  const zero = i32x4.splat(0);
  const sums = i32x4.relaxed_dot_i8x16_i7x16_add_s(i8x16.splat(<i8>a), i8x16.splat(<i8>b), zero);
  return i32x4.extract_lane(sums, 0);
}
