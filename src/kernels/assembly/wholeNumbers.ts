// Rows and features in small whole numbers: with relaxed SIMD bytes, without it 16 bits, from 0 to 1023 and
// from −511 to 511, or to 127 and 63 where there are so many columns that sums of larger products would not
// fit 32 bits.
import { encoderRow } from './features';
import { screenColumns, screenedFeatures, screenedRows, stride, xRows } from './layout';
import { fma, fourProductsOf, sum } from './simd';

/** Columns of which sums of large whole numbers fit 32 bits. */
const FEW_COLUMNS: usize = 4096;
/** Below it a row is as good as constant: by less, quotients might not be finite. */
const LEAST_RANGE: f32 = 1e-30;
/**
 * Of a feature's range, that of four numbers that meet in one sum of 16 bits: if they are 127 of it, the sum
 * of their whole numbers is at most 127 / OF_FOUR + 2, and 127 times that fits.
 */
const OF_FOUR: f32 = 0.4965;
/** Bytes from sixteen columns of a row to its next: an example's pair has its own in between. */
export const ROW_STEP: usize = 32;
/** Of a feature, beside three others. */
export const FEATURE_STEP: usize = 64;

/**
 * Four times 127 · 255, as the processor multiplies the bytes 127 and 255. An x86 with AVX-VNNI has one
 * instruction for it, and the whole of it; another takes three, and the first saturates sums of two at 16
 * bits; an ARM takes 255 for −1.
 */
const ofLargest = fourProductsOf(127, 255);
/** Whether bytes are multiplied so that 16 bits hold sums of four products: there it is quicker. */
export const sumsFour = ofLargest == 2 * 32767;
/** Whether one of two bytes may be more than 127. */
const isUnsigned = ofLargest == 4 * 127 * 255;

/** The largest whole number of an example. */
// @inline
function mostOfExample(): f32 {
  if (ASC_FEATURE_RELAXED_SIMD) return isUnsigned ? 255 : 127;
  return stride > FEW_COLUMNS * 4 ? 127 : 1023;
}

/** The largest whole number of a feature. */
// @inline
function mostOfFeature(): f32 {
  if (ASC_FEATURE_RELAXED_SIMD) return 127;
  return stride > FEW_COLUMNS * 4 ? 63 : 511;
}

// What was found of the last row: sums of the whole numbers and of their squares, and the norm of what is left.
export let wholes: i32 = 0;
export let squares: f64 = 0;
export let rest: f64 = 0;
/** What one whole number stands for. */
export let unit: f64 = 0;

/** Where an example stands. */
// @inline
export function rowOf(example: i32): usize {
  return xRows + <usize>example * stride;
}

/** Whole numbers in f32 as i32; what is not finite shows in what rounding leaves. */
// @inline
function truncate(v: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i32x4.relaxed_trunc_f32x4_s(v);
  return i32x4.trunc_sat_f32x4_s(v);
}

/** Sixteen whole numbers to their place; returns their sums, by four. */
// @inline
function storeWholes(to: usize, step: usize, a: v128, b: v128, c: v128, d: v128): v128 {
  const low = i16x8.narrow_i32x4_s(a, b);
  const high = i16x8.narrow_i32x4_s(c, d);
  if (ASC_FEATURE_RELAXED_SIMD) {
    // Their low bytes, with a sign or without.
    v128.store(
      to,
      i8x16.shuffle(low, high, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30),
    );
  } else {
    v128.store(to, low);
    v128.store(to + step, high);
  }
  return i32x4.add(i32x4.add(a, b), i32x4.add(c, d));
}

/**
 * A row in whole numbers of a unit, from `low` on.
 *
 * @param range from the least to the largest, or from 0 on, which are `levels` whole numbers
 * @param toStep bytes from a vector of whole numbers to the next
 */
function quantise(row: usize, low: f32, range: f32, levels: f32, to: usize, toStep: usize): void {
  const flat = !(range >= LEAST_RANGE);
  const factor = f32x4.splat(flat ? 0 : levels / range);
  const lows = f32x4.splat(low);
  let sums = i32x4.splat(0);
  let ofWholes = f32x4.splat(0);
  let ofRest = f32x4.splat(0);
  for (let o: usize = 0; o < stride; o += 64) {
    let a = f32x4.mul(f32x4.sub(v128.load(row), lows), factor);
    let b = f32x4.mul(f32x4.sub(v128.load(row, 16), lows), factor);
    let c = f32x4.mul(f32x4.sub(v128.load(row, 32), lows), factor);
    let d = f32x4.mul(f32x4.sub(v128.load(row, 48), lows), factor);
    const na = f32x4.nearest(a);
    const nb = f32x4.nearest(b);
    const nc = f32x4.nearest(c);
    const nd = f32x4.nearest(d);
    a = f32x4.sub(a, na);
    b = f32x4.sub(b, nb);
    c = f32x4.sub(c, nc);
    d = f32x4.sub(d, nd);
    ofRest = fma(a, a, fma(b, b, fma(c, c, fma(d, d, ofRest))));
    ofWholes = fma(na, na, fma(nb, nb, fma(nc, nc, fma(nd, nd, ofWholes))));
    const ia = truncate(na);
    const ib = truncate(nb);
    const ic = truncate(nc);
    const id = truncate(nd);
    sums = i32x4.add(sums, storeWholes(to, toStep, ia, ib, ic, id));
    row += 64;
    to += ASC_FEATURE_RELAXED_SIMD ? toStep : 2 * toStep;
  }
  const columns = <f64>(stride / 4);
  const more = 1 + columns * 1e-7; // what sums in f32 may have lost
  wholes = i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1);
  wholes += i32x4.extract_lane(sums, 2) + i32x4.extract_lane(sums, 3);
  unit = flat ? 0 : <f64>(range / levels);
  squares = <f64>sum(ofWholes) * more;
  // Quotients are off by no more than 2⁻²¹ of the largest.
  const off = Math.sqrt(columns) * <f64>levels * 4.8e-7;
  // NaN where a number is not finite, which no comparison above has seen.
  const left = Math.sqrt(<f64>sum(ofRest));
  rest = flat ? <f64>range * Math.sqrt(columns) + left : unit * (left * more + off);
}

/** Notes an example in whole numbers from 0 on; returns its least number. */
export function quantiseExample(example: i32): f32 {
  const row = rowOf(example);
  const end = row + stride;
  let least = v128.load(row);
  let most = least;
  for (let at = row; at < end; at += 16) {
    const x = v128.load(at);
    least = f32x4.pmin(least, x);
    most = f32x4.pmax(most, x);
  }
  const low = -largestOf(f32x4.neg(least));
  const to = screenedRows + <usize>(example >> 1) * 2 * screenColumns + <usize>(example & 1) * 16;
  quantise(row, low, largestOf(most) - low, mostOfExample(), to, ROW_STEP);
  return low;
}

/** Notes a feature's row of the encoder in whole numbers with a sign. */
export function quantiseFeature(feature: i32): void {
  const row = encoderRow(feature);
  let range = largestOfRow(row);
  if (sumsFour) range = max<f32>(range, OF_FOUR * largestFour(row));
  const to = wholesOf(feature) + <usize>(feature & 3) * 16;
  quantise(row, 0, range, mostOfFeature(), to, FEATURE_STEP);
}

/** The largest absolute value of a row. */
function largestOfRow(row: usize): f32 {
  const end = row + stride;
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  for (; row < end; row += 64) {
    a = f32x4.pmax(a, f32x4.abs(v128.load(row)));
    b = f32x4.pmax(b, f32x4.abs(v128.load(row, 16)));
    c = f32x4.pmax(c, f32x4.abs(v128.load(row, 32)));
    d = f32x4.pmax(d, f32x4.abs(v128.load(row, 48)));
  }
  return largestOf(f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d)));
}

/**
 * The largest sum of the absolute values of four numbers of a row that meet in one sum of 16 bits: two
 * neighbours and those that are sixteen columns on.
 */
function largestFour(row: usize): f32 {
  const end = row + stride;
  let most = f32x4.splat(0);
  for (; row < end; row += 128) {
    let low = neighbours(row);
    let high = neighbours(row + 32);
    if (row + 64 < end) {
      low = f32x4.add(low, neighbours(row + 64));
      high = f32x4.add(high, neighbours(row + 96));
    }
    most = f32x4.pmax(most, f32x4.pmax(low, high));
  }
  return largestOf(most);
}

/** The sums of the absolute values of two neighbours, of eight. */
// @inline
function neighbours(row: usize): v128 {
  const a = f32x4.abs(v128.load(row));
  const b = f32x4.abs(v128.load(row, 16));
  return f32x4.add(i32x4.shuffle(a, b, 0, 2, 4, 6), i32x4.shuffle(a, b, 1, 3, 5, 7));
}

// @inline
function largestOf(v: v128): f32 {
  const low = max<f32>(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1));
  return max<f32>(low, max<f32>(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)));
}

/** Of the four features that this is one of. */
// @inline
export function wholesOf(feature: i32): usize {
  return screenedFeatures + <usize>(feature >> 2) * 4 * screenColumns;
}
