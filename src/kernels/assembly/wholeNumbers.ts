// Rows and features in small whole numbers, and the products of these, which are exact.
//
// With relaxed SIMD they are bytes, and one instruction multiplies sixteen pairs of them and adds the
// products up by two. Without it they have 16 bits: from 0 to 1023 and from −511 to 511, or to 127 and 63
// where there are so many columns that sums of larger products would not fit 32 bits.
import { encoderRow } from './features';
import { capacity, screenColumns, screenedFeatures, screenedRows, stride, xRows } from './layout';
import { fma, sum } from './simd';

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
const ROW_STEP: usize = 32;
/** Of a feature, beside three others. */
const FEATURE_STEP: usize = 64;

// @inline
function areSmall(): bool {
  return ASC_FEATURE_RELAXED_SIMD || stride > FEW_COLUMNS * 4;
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

/** Sixteen whole numbers to their place; returns their sums, by four. */
// @inline
function storeWholes(to: usize, step: usize, a: v128, b: v128, c: v128, d: v128): v128 {
  const low = i16x8.narrow_i32x4_s(a, b);
  const high = i16x8.narrow_i32x4_s(c, d);
  if (ASC_FEATURE_RELAXED_SIMD) {
    v128.store(to, i8x16.narrow_i16x8_s(low, high));
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
    const ia = i32x4.trunc_sat_f32x4_s(na);
    const ib = i32x4.trunc_sat_f32x4_s(nb);
    const ic = i32x4.trunc_sat_f32x4_s(nc);
    const id = i32x4.trunc_sat_f32x4_s(nd);
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
  rest = flat ? <f64>range * Math.sqrt(columns) : unit * (Math.sqrt(<f64>sum(ofRest)) * more + off);
}

/** Notes an example in whole numbers from 0 on; returns its least number. */
export function quantiseExample(example: i32): f32 {
  const row = rowOf(example);
  let least = v128.load(row);
  let most = least;
  for (let o: usize = 16; o < stride; o += 16) {
    const x = v128.load(row + o);
    least = f32x4.min(least, x);
    most = f32x4.max(most, x);
  }
  const low = -largestOf(f32x4.neg(least));
  const to = screenedRows + <usize>(example >> 1) * 2 * screenColumns + <usize>(example & 1) * 16;
  quantise(row, low, largestOf(most) - low, areSmall() ? 127 : 1023, to, ROW_STEP);
  return low;
}

/** Notes a feature's row of the encoder in whole numbers with a sign. */
export function quantiseFeature(feature: i32): void {
  const row = encoderRow(feature);
  let most = f32x4.splat(0);
  for (let o: usize = 0; o < stride; o += 16) most = f32x4.max(most, f32x4.abs(v128.load(row + o)));
  let range = largestOf(most);
  if (ASC_FEATURE_RELAXED_SIMD) range = max<f32>(range, OF_FOUR * largestFour(row));
  const levels: f32 = ASC_FEATURE_RELAXED_SIMD ? 127 : areSmall() ? 63 : 511;
  const to = wholesOf(feature) + <usize>(feature & 3) * 16;
  quantise(row, 0, range, levels, to, FEATURE_STEP);
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
    most = f32x4.max(most, f32x4.max(low, high));
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
function wholesOf(feature: i32): usize {
  return screenedFeatures + <usize>(feature >> 2) * 4 * screenColumns;
}

/** Thirty-two products of signed and unsigned bytes, four of which 16 bits hold. */
// @inline
function addBytes(sums: v128, q: v128, u: v128, q1: v128, u1: v128): v128 {
  const first = i16x8.relaxed_dot_i8x16_i7x16_s(q, u);
  const both = i16x8.add(first, i16x8.relaxed_dot_i8x16_i7x16_s(q1, u1));
  return i32x4.add(sums, i32x4.extadd_pairwise_i16x8_s(both));
}

/** Eight products. */
// @inline
function addShorts(sums: v128, q: v128, u: v128): v128 {
  return i32x4.add(sums, i32x4.dot_i16x8_s(q, u));
}

/** Stores the sums of two vectors beside each other. */
// @inline
function storeTotals(to: usize, a: v128, b: v128): void {
  const t = i32x4.add(i32x4.shuffle(a, b, 0, 1, 4, 5), i32x4.shuffle(a, b, 2, 3, 6, 7));
  const totals = i32x4.add(i32x4.shuffle(t, t, 0, 2, 0, 2), i32x4.shuffle(t, t, 1, 3, 1, 3));
  v128.store64_lane(to, totals, 0);
}

/**
 * The products of whole numbers of all examples with a tile of features: `tile[feature][example]`, as
 * the encoder's `products` has them of floats.
 */
export function dots(from: i32, tile: usize, rows: i32): void {
  const column = <usize>capacity * 4;
  const features = wholesOf(from);
  const packed: usize = 4 * screenColumns;
  const pairBytes: usize = 2 * screenColumns;
  for (let b = 0; b < rows; b += 2) {
    const pair = screenedRows + <usize>b * screenColumns;
    const end = pair + pairBytes;
    for (let half: usize = 0; half < 2; half++) {
      let xs = pair;
      let w = features + half * packed;
      let a00 = i32x4.splat(0);
      let a01 = a00;
      let a02 = a00;
      let a03 = a00;
      let a10 = a00;
      let a11 = a00;
      let a12 = a00;
      let a13 = a00;
      while (xs < end) {
        const u = v128.load(xs);
        const v = v128.load(xs, 16);
        let q = v128.load(w);
        if (ASC_FEATURE_RELAXED_SIMD) {
          const u1 = v128.load(xs, 32);
          const v1 = v128.load(xs, 48);
          let q1 = v128.load(w, 64);
          a00 = addBytes(a00, q, u, q1, u1);
          a10 = addBytes(a10, q, v, q1, v1);
          q = v128.load(w, 16);
          q1 = v128.load(w, 80);
          a01 = addBytes(a01, q, u, q1, u1);
          a11 = addBytes(a11, q, v, q1, v1);
          q = v128.load(w, 32);
          q1 = v128.load(w, 96);
          a02 = addBytes(a02, q, u, q1, u1);
          a12 = addBytes(a12, q, v, q1, v1);
          q = v128.load(w, 48);
          q1 = v128.load(w, 112);
          a03 = addBytes(a03, q, u, q1, u1);
          a13 = addBytes(a13, q, v, q1, v1);
          xs += 2 * ROW_STEP;
          w += 2 * FEATURE_STEP;
        } else {
          a00 = addShorts(a00, q, u);
          a10 = addShorts(a10, q, v);
          q = v128.load(w, 16);
          a01 = addShorts(a01, q, u);
          a11 = addShorts(a11, q, v);
          q = v128.load(w, 32);
          a02 = addShorts(a02, q, u);
          a12 = addShorts(a12, q, v);
          q = v128.load(w, 48);
          a03 = addShorts(a03, q, u);
          a13 = addShorts(a13, q, v);
          xs += ROW_STEP;
          w += FEATURE_STEP;
        }
      }
      let to = tile + half * 4 * column + <usize>b * 4;
      storeTotals(to, a00, a10);
      to += column;
      storeTotals(to, a01, a11);
      to += column;
      storeTotals(to, a02, a12);
      to += column;
      storeTotals(to, a03, a13);
    }
  }
}
