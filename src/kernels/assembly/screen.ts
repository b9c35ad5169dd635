// Screening: pairs of an example and a feature that are certain to be inactive are found by products of
// small whole numbers; only the others need one in f32. What a step comes to does not change by a bit.
//
// An example is x = o + s·u + e, with whole u from 0 to X, and a feature's row w = t·v + d, with whole v
// from −W to W; e and d are what rounding has left. Then
//
//   x · w = s·t·(u·v) + o·t·Σv + (o + s·u)·d + e·w
//
// of which the first two are known, and the others at most ‖o + s·u‖·‖d‖ + ‖e‖·‖w‖ (Cauchy–Schwarz).
// The product in f32 is off from x · w by at most (n/4 + 3)·2⁻²⁴·‖x‖·‖w‖ for n columns, as each of its four
// sums has a quarter of them and two more sums join those, and by n·2⁻¹⁵⁰ where digits are lost near 0.
// A pair is inactive where fl(product + b) ≤ least. Rounding keeps order, and f32 has the number least: it is
// enough that product + b ≤ least for the largest product that there can be.
//
// The comparison is of f64: its rounding, 2⁻⁵³ of terms of at most √n·‖x‖·‖w‖, is less than what n/4 + 8 in
// place of n/4 + 3 adds. Where a number is not finite, or might not be in f32, the comparison is false, and
// the pair has its product.
import { closedAt } from './architecture';
import { encoderRow } from './features';
import {
  capacity,
  isStale,
  screenColumns,
  screenCounts,
  screenedFeatures,
  screenedRows,
  screenNumbers,
  screenRowNumbers,
  stride,
  threads,
  vector,
  xPairs,
} from './layout';
import { Result, report } from './numbers';
import { fma, sum } from './simd';

/** Columns of which sums of large whole numbers fit 32 bits. */
const FEW_COLUMNS: usize = 4096;
/** Below it a row is as good as constant: by less, quotients might not be finite. */
const LEAST_RANGE: f32 = 1e-30;
/** Products of norms above it might not be finite in f32. */
const LARGEST_NORM: f64 = 1e18;

/** Whether whole numbers are small, so that sums over many columns fit. */
// @inline
function areSmall(): bool {
  return stride > FEW_COLUMNS * 4;
}

// What `quantise` has found: sums of the whole numbers and of their squares, and the norm of what is left.
let wholes: i32 = 0;
let squares: f64 = 0;
let rest: f64 = 0;
/** What one whole number stands for. */
let unit: f64 = 0;

/** Sixteen whole numbers to their place; returns their sums, by four. */
// @inline
function storeWholes(to: usize, a: v128, b: v128, c: v128, d: v128): v128 {
  v128.store(to, i16x8.narrow_i32x4_s(a, b));
  v128.store(to, i16x8.narrow_i32x4_s(c, d), 16);
  return i32x4.add(i32x4.add(a, b), i32x4.add(c, d));
}

/**
 * A row in whole numbers of a unit, from `low` on.
 *
 * @param range from the least to the largest, or from 0 on, which are `levels` whole numbers
 * @param step bytes from four columns to the next four
 */
function quantise(row: usize, step: usize, low: f32, range: f32, levels: f32, to: usize): void {
  const flat = !(range >= LEAST_RANGE);
  const factor = f32x4.splat(flat ? 0 : levels / range);
  const lows = f32x4.splat(low);
  let sums = i32x4.splat(0);
  let ofWholes = f32x4.splat(0);
  let ofRest = f32x4.splat(0);
  for (let o: usize = 0; o < stride; o += 64) {
    let a = f32x4.mul(f32x4.sub(v128.load(row), lows), factor);
    let b = f32x4.mul(f32x4.sub(v128.load(row + step), lows), factor);
    let c = f32x4.mul(f32x4.sub(v128.load(row + 2 * step), lows), factor);
    let d = f32x4.mul(f32x4.sub(v128.load(row + 3 * step), lows), factor);
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
    sums = i32x4.add(sums, storeWholes(to, ia, ib, ic, id));
    row += 4 * step;
    to += 32;
  }
  const columns = <f64>(stride / 4);
  const more = 1 + columns * 1e-7; // what sums in f32 may have lost
  wholes = total(sums);
  unit = flat ? 0 : <f64>(range / levels);
  squares = <f64>sum(ofWholes) * more;
  // Quotients are off by no more than 2⁻²¹ of the largest.
  const off = Math.sqrt(columns) * <f64>levels * 4.8e-7;
  rest = flat ? <f64>range * Math.sqrt(columns) : unit * (Math.sqrt(<f64>sum(ofRest)) * more + off);
}

/** Notes an example, whose row stands among the pairs of rows, in whole numbers. */
export function screenRow(example: i32): void {
  const row = rowOf(example);
  let least = v128.load(row);
  let most = least;
  for (let o: usize = 32; o < 2 * stride; o += 32) {
    const x = v128.load(row + o);
    least = f32x4.min(least, x);
    most = f32x4.max(most, x);
  }
  const low = -largestOf(f32x4.neg(least));
  quantise(row, 32, low, largestOf(most) - low, areSmall() ? 127 : 1023, rowsAt(example));
  const columns = <f64>(stride / 4);
  const o = <f64>low;
  const ofLow = columns * o * o;
  const ofWholes = unit * unit * squares;
  const cross = 2 * o * unit * <f64>wholes;
  const known = Math.sqrt(max<f64>(ofLow + cross + ofWholes, 0) + 1e-12 * (ofLow + ofWholes));
  const norm = known + rest;
  const rounding = (columns / 4 + 8) * 5.961e-8 * norm;
  const own = screenRowNumbers + <usize>example * 8;
  const array = <usize>capacity * 8;
  f64.store(own, unit);
  f64.store(own + array, o);
  f64.store(own + 2 * array, known);
  f64.store(own + 3 * array, norm <= LARGEST_NORM ? rest + rounding : Infinity);
}

/** Notes a feature's row of the encoder in whole numbers, where it has changed since. */
// @inline
function screenFeature(feature: i32): void {
  const stale = isStale + <usize>feature * 4;
  if (load<u32>(stale) == 0) return;
  store<u32>(stale, 0);
  const row = encoderRow(feature);
  let most = f32x4.splat(0);
  for (let o: usize = 0; o < stride; o += 16) most = f32x4.max(most, f32x4.abs(v128.load(row + o)));
  quantise(row, 16, 0, largestOf(most), areSmall() ? 63 : 511, featuresAt(feature));
  const norm = unit * Math.sqrt(squares) + rest;
  const own = screenNumbers + <usize>feature * 32;
  f64.store(own, unit);
  f64.store(own, unit * <f64>wholes, 8);
  f64.store(own, rest, 16);
  f64.store(own, norm <= LARGEST_NORM ? norm : Infinity, 24);
}

// @inline
function largestOf(v: v128): f32 {
  const low = max<f32>(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1));
  return max<f32>(low, max<f32>(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)));
}

// @inline
function rowsAt(example: i32): usize {
  return screenedRows + <usize>example * screenColumns;
}

// @inline
function featuresAt(feature: i32): usize {
  return screenedFeatures + <usize>feature * screenColumns;
}

/** The four numbers' sum. */
// @inline
function total(v: v128): i32 {
  const low = i32x4.extract_lane(v, 0) + i32x4.extract_lane(v, 1);
  return low + i32x4.extract_lane(v, 2) + i32x4.extract_lane(v, 3);
}

/** The products of whole numbers of four features with all examples: two examples at a time. */
function dots(features: usize, tile: usize, rows: i32): void {
  const column = <usize>capacity * 4;
  for (let b = 0; b < rows; b += 2) {
    let x = rowsAt(b);
    let w = features;
    const end = x + screenColumns;
    let a00 = i32x4.splat(0);
    let a01 = a00;
    let a02 = a00;
    let a03 = a00;
    let a10 = a00;
    let a11 = a00;
    let a12 = a00;
    let a13 = a00;
    while (x < end) {
      const y = x + screenColumns;
      const u = v128.load(x);
      const v = v128.load(y);
      let q = v128.load(w);
      a00 = i32x4.add(a00, i32x4.dot_i16x8_s(q, u));
      a10 = i32x4.add(a10, i32x4.dot_i16x8_s(q, v));
      q = v128.load(w + screenColumns);
      a01 = i32x4.add(a01, i32x4.dot_i16x8_s(q, u));
      a11 = i32x4.add(a11, i32x4.dot_i16x8_s(q, v));
      q = v128.load(w + 2 * screenColumns);
      a02 = i32x4.add(a02, i32x4.dot_i16x8_s(q, u));
      a12 = i32x4.add(a12, i32x4.dot_i16x8_s(q, v));
      q = v128.load(w + 3 * screenColumns);
      a03 = i32x4.add(a03, i32x4.dot_i16x8_s(q, u));
      a13 = i32x4.add(a13, i32x4.dot_i16x8_s(q, v));
      x += 16;
      w += 16;
    }
    let t = tile + <usize>b * 4;
    store<i32>(t, total(a00));
    store<i32>(t, total(a10), 4);
    t += column;
    store<i32>(t, total(a01));
    store<i32>(t, total(a11), 4);
    t += column;
    store<i32>(t, total(a02));
    store<i32>(t, total(a12), 4);
    t += column;
    store<i32>(t, total(a03));
    store<i32>(t, total(a13), 4);
  }
}

/**
 * Turns a feature's products of whole numbers into −∞ where its pair is certain to be inactive, and lists
 * the other examples.
 *
 * @returns how many these are.
 */
function certify(feature: i32, own: usize, rows: i32, list: usize): u32 {
  const numbers = screenNumbers + <usize>feature * 32;
  const scale = f64x2.splat(f64.load(numbers));
  const ofLow = f64x2.splat(f64.load(numbers, 8));
  const left = f64x2.splat(f64.load(numbers, 16));
  const norm = f64x2.splat(f64.load(numbers, 24));
  const bias = <f64>f32.load(vector + <usize>feature * 4);
  const least = <f64>closedAt(feature) - bias;
  // Less its own rounding, and what products near 0 lose.
  const most = f64x2.splat(least - abs(least) * 1e-15 - <f64>stride * 1e-45);
  const array = <usize>capacity * 8;
  let to = list;
  for (let b = 0; b < rows; b += 2) {
    const at = own + <usize>b * 4;
    const row = screenRowNumbers + <usize>b * 8;
    const dot = f64x2.convert_low_i32x4_s(v128.load64_zero(at));
    let p = f64x2.mul(f64x2.mul(scale, v128.load(row)), dot);
    p = f64x2.add(p, f64x2.mul(ofLow, v128.load(row + array)));
    p = f64x2.add(p, f64x2.mul(left, v128.load(row + 2 * array)));
    p = f64x2.add(p, f64x2.mul(norm, v128.load(row + 3 * array)));
    const open = i64x2.bitmask(f64x2.le(p, most)) ^ 3;
    v128.store64_lane(at, f32x4.splat(-Infinity), 0);
    if (open & 1) {
      store<i32>(to, b);
      to += 4;
    }
    if (open & 2 && b + 1 < rows) {
      store<i32>(to, b + 1);
      to += 4;
    }
  }
  return <u32>((to - list) / 4);
}

/** A feature's products with the examples of a list, as `products` sums them: four at a time. */
function productsOf(feature: i32, own: usize, list: usize, count: u32): void {
  const row = encoderRow(feature);
  for (let k: u32 = 0; k < count; k += 4) {
    const b0 = load<i32>(list + <usize>k * 4);
    const b1 = load<i32>(list + <usize>min(k + 1, count - 1) * 4);
    const b2 = load<i32>(list + <usize>min(k + 2, count - 1) * 4);
    const b3 = load<i32>(list + <usize>min(k + 3, count - 1) * 4);
    const x0 = rowOf(b0);
    const x1 = rowOf(b1);
    const x2 = rowOf(b2);
    const x3 = rowOf(b3);
    let a0 = f32x4.splat(0);
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    for (let o: usize = 0; o < stride; o += 16) {
      const w = v128.load(row + o);
      a0 = fma(v128.load(x0 + 2 * o), w, a0);
      a1 = fma(v128.load(x1 + 2 * o), w, a1);
      a2 = fma(v128.load(x2 + 2 * o), w, a2);
      a3 = fma(v128.load(x3 + 2 * o), w, a3);
    }
    f32.store(own + <usize>b0 * 4, sum(a0));
    f32.store(own + <usize>b1 * 4, sum(a1));
    f32.store(own + <usize>b2 * 4, sum(a2));
    f32.store(own + <usize>b3 * 4, sum(a3));
  }
}

// @inline
function rowOf(example: i32): usize {
  return xPairs + <usize>(example >> 1) * 2 * stride + <usize>(example & 1) * 16;
}

/**
 * The products of all examples with a tile of features, as `products` has them: −∞ in place of those
 * that leave a pair inactive for certain.
 *
 * @param list room for the numbers of all examples
 * @returns how many pairs were not certain.
 */
export function screenTile(from: i32, to: i32, tile: usize, rows: i32, list: usize): u32 {
  for (let f = from; f < to; f++) screenFeature(f);
  const column = <usize>capacity * 4;
  dots(featuresAt(from), tile, rows);
  dots(featuresAt(from + 4), tile + 4 * column, rows);
  let open: u32 = 0;
  for (let f = from; f < to; f++) {
    const own = tile + <usize>(f - from) * column;
    const count = certify(f, own, rows, list);
    open += count;
    productsOf(f, own, list, count);
  }
  return open;
}

/** Adds to what a thread has screened. */
export function countScreened(thread: i32, pairs: i32, uncertain: u32): void {
  const own = screenCounts + <usize>thread * 64;
  f64.store(own, f64.load(own) + <f64>pairs);
  f64.store(own, f64.load(own, 8) + <f64>uncertain, 8);
}

/** Reports what all threads have screened, and forgets it. */
export function reportScreened(): void {
  let pairs: f64 = 0;
  let uncertain: f64 = 0;
  for (let thread = 0; thread < threads; thread++) {
    const own = screenCounts + <usize>thread * 64;
    pairs += f64.load(own);
    uncertain += f64.load(own, 8);
    memory.fill(own, 0, 16);
  }
  report(Result.Screened, pairs);
  report(Result.Uncertain, uncertain);
}
