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
  LIST_ROOM,
  screenCounts,
  screenNumbers,
  screenRowNumbers,
  stride,
  threads,
  vector,
} from './layout';
import { Result, report } from './numbers';
import { fma, sum } from './simd';
import {
  dots,
  quantiseExample,
  quantiseFeature,
  rest,
  rowOf,
  squares,
  unit,
  wholes,
} from './wholeNumbers';

/** Products of norms above it might not be finite in f32. */
const LARGEST_NORM: f64 = 1e18;

/** Notes an example in whole numbers. */
export function screenRow(example: i32): void {
  const low = quantiseExample(example);
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
  quantiseFeature(feature);
  const norm = unit * Math.sqrt(squares) + rest;
  const own = screenNumbers + <usize>feature * 32;
  f64.store(own, unit);
  f64.store(own, unit * <f64>wholes, 8);
  f64.store(own, rest, 16);
  f64.store(own, norm <= LARGEST_NORM ? norm : Infinity, 24);
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

/** A feature's products with the examples of a list, as the encoder's `products` sums them. */
function productsOf(feature: i32, own: usize, list: usize, count: u32): void {
  const row = encoderRow(feature);
  const end = list + <usize>count * 4;
  // The last one again, where there are none to fill the last eight or four.
  for (let i: usize = 0; i < <usize>LIST_ROOM * 4; i += 4) store<i32>(end + i, load<i32>(end - 4));
  while (list < end) {
    if (end - list > 16) {
      eightProducts(row, own, list);
      list += 32;
    } else {
      fourProducts(row, own, list);
      list += 16;
    }
  }
}

// @inline
function exampleIn(list: usize, i: usize): usize {
  return rowOf(load<i32>(list + i * 4));
}

// @inline
function storeProduct(own: usize, list: usize, i: usize, sums: v128): void {
  f32.store(own + <usize>load<u32>(list + i * 4) * 4, sum(sums));
}

/** Two vectors of a row with the feature's. */
// @inline
function addTwo(x: usize, w: v128, next: v128, sums: v128): v128 {
  return fma(v128.load(x, 16), next, fma(v128.load(x), w, sums));
}

function fourProducts(row: usize, own: usize, list: usize): void {
  const x0 = exampleIn(list, 0);
  const x1 = exampleIn(list, 1);
  const x2 = exampleIn(list, 2);
  const x3 = exampleIn(list, 3);
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  for (let o: usize = 0; o < stride; o += 32) {
    const w = v128.load(row + o);
    const next = v128.load(row + o, 16);
    a0 = addTwo(x0 + o, w, next, a0);
    a1 = addTwo(x1 + o, w, next, a1);
    a2 = addTwo(x2 + o, w, next, a2);
    a3 = addTwo(x3 + o, w, next, a3);
  }
  storeProduct(own, list, 0, a0);
  storeProduct(own, list, 1, a1);
  storeProduct(own, list, 2, a2);
  storeProduct(own, list, 3, a3);
}

/** So many sums hide how long each addition takes. */
function eightProducts(row: usize, own: usize, list: usize): void {
  const x0 = exampleIn(list, 0);
  const x1 = exampleIn(list, 1);
  const x2 = exampleIn(list, 2);
  const x3 = exampleIn(list, 3);
  const x4 = exampleIn(list, 4);
  const x5 = exampleIn(list, 5);
  const x6 = exampleIn(list, 6);
  const x7 = exampleIn(list, 7);
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let a4 = a0;
  let a5 = a0;
  let a6 = a0;
  let a7 = a0;
  for (let o: usize = 0; o < stride; o += 32) {
    const w = v128.load(row + o);
    const next = v128.load(row + o, 16);
    a0 = addTwo(x0 + o, w, next, a0);
    a1 = addTwo(x1 + o, w, next, a1);
    a2 = addTwo(x2 + o, w, next, a2);
    a3 = addTwo(x3 + o, w, next, a3);
    a4 = addTwo(x4 + o, w, next, a4);
    a5 = addTwo(x5 + o, w, next, a5);
    a6 = addTwo(x6 + o, w, next, a6);
    a7 = addTwo(x7 + o, w, next, a7);
  }
  storeProduct(own, list, 0, a0);
  storeProduct(own, list, 1, a1);
  storeProduct(own, list, 2, a2);
  storeProduct(own, list, 3, a3);
  storeProduct(own, list, 4, a4);
  storeProduct(own, list, 5, a5);
  storeProduct(own, list, 6, a6);
  storeProduct(own, list, 7, a7);
}

/**
 * The products of all examples with a tile of features, as `products` has them: −∞ in place of those
 * that leave a pair inactive for certain.
 *
 * @param list room for the numbers of all examples and LIST_ROOM more
 * @returns how many pairs were not certain.
 */
export function screenTile(from: i32, to: i32, tile: usize, rows: i32, list: usize): u32 {
  for (let f = from; f < to; f++) screenFeature(f);
  const column = <usize>capacity * 4;
  dots(from, tile, rows);
  let open: u32 = 0;
  for (let f = from; f < to; f++) {
    const own = tile + <usize>(f - from) * column;
    const count = certify(f, own, rows, list);
    open += count;
    if (count > 0) productsOf(f, own, list, count);
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
