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
// The comparison is of f32. Of the four terms the first two are at most s·‖u‖ and |o|·√n times t·‖v‖, and have
// been rounded eight times at most, 2⁻²⁴ of them each time: 12 · 2⁻²⁴ of both and of ‖x‖, times ‖w‖, is more.
// The bounds are taken a little too large, by more than their own terms lose; n/4 + 8 stands for n/4 + 3.
// Where a number is not finite, or might not be in f32, the comparison is false, and the pair has its product.
import { closedAt } from './architecture';
import { dots } from './dots';
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
  quantiseExample,
  quantiseFeature,
  rest,
  rowOf,
  squares,
  unit,
  wholes,
} from './wholeNumbers';

/** Products of norms above it, and of rows that offset and whole numbers make of them, might not be finite. */
const LARGEST_NORM: f64 = 1e15;
/** What rounding to f32 may change, by the number: a little more than 2⁻²⁴. */
const ROUNDING: f64 = 5.961e-8;

/** In f32, no less than a number that is not negative, and than its products by as much as they may lose. */
// @inline
function above(bound: f64): f32 {
  return <f32>(bound * (1 + 1e-6) + 1.2e-38);
}

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
  const product = (columns / 4 + 8) * norm;
  const bound = 12 * (Math.sqrt(ofLow) + Math.sqrt(ofWholes) + norm);
  const own = screenRowNumbers + <usize>example * 4;
  const array = <usize>capacity * 4;
  f32.store(own, <f32>unit);
  f32.store(own + array, low);
  f32.store(own + 2 * array, above(known));
  const left = rest + ROUNDING * (product + bound);
  f32.store(own + 3 * array, norm <= LARGEST_NORM ? above(left) : Infinity);
}

/** Notes a feature's row of the encoder in whole numbers, where it has changed since. */
export function screenFeature(feature: i32): void {
  const stale = isStale + <usize>feature * 4;
  if (load<u32>(stale) == 0) return;
  store<u32>(stale, 0);
  quantiseFeature(feature);
  const norm = unit * Math.sqrt(squares) + rest;
  const own = screenNumbers + <usize>feature * 16;
  f32.store(own, <f32>unit);
  f32.store(own, <f32>(unit * <f64>wholes), 4);
  f32.store(own, above(rest), 8);
  f32.store(own, norm <= LARGEST_NORM ? above(norm) : Infinity, 12);
}

/**
 * Turns a feature's products of whole numbers into −∞ where its pair is certain to be inactive, and lists
 * the other examples.
 *
 * @returns how many these are.
 */
function certify(feature: i32, own: usize, rows: i32, list: usize): u32 {
  const numbers = screenNumbers + <usize>feature * 16;
  const scale = v128.load32_splat(numbers);
  const ofLow = v128.load32_splat(numbers, 4);
  const left = v128.load32_splat(numbers, 8);
  const norm = v128.load32_splat(numbers, 12);
  const least = <f64>closedAt(feature) - <f64>f32.load(vector + <usize>feature * 4);
  // Less its own rounding, and what products near 0 lose.
  const most = f32x4.splat(<f32>(least - abs(least) * 2e-7 - 1.2e-38));
  const array = <usize>capacity * 4;
  let to = list;
  for (let b = 0; b < rows; b += 4) {
    const at = own + <usize>b * 4;
    const row = screenRowNumbers + <usize>b * 4;
    const dot = f32x4.convert_i32x4_s(v128.load(at));
    let p = f32x4.mul(f32x4.mul(dot, v128.load(row)), scale);
    p = fma(ofLow, v128.load(row + array), p);
    p = fma(left, v128.load(row + 2 * array), p);
    p = fma(norm, v128.load(row + 3 * array), p);
    v128.store(at, f32x4.splat(-Infinity));
    const open = <usize>(i32x4.bitmask(f32x4.le(p, most)) ^ 15);
    // Without a branch, which nothing could foretell.
    store<i32>(to, b);
    to += (open & 1) << 2;
    store<i32>(to, b + 1);
    to += (open & 2) << 1;
    store<i32>(to, b + 2);
    to += open & 4;
    store<i32>(to, b + 3);
    to += (open & 8) >> 1;
  }
  while (to > list && load<i32>(to - 4) >= rows) to -= 4;
  return <u32>((to - list) / 4);
}

/** A feature's products with the examples of a list, as the encoder's `products` sums them. */
function productsOf(feature: i32, own: usize, list: usize, count: u32): void {
  const row = encoderRow(feature);
  const end = list + <usize>count * 4;
  // The last one again, where there are none to fill the last eight or four.
  for (let i: usize = 0; i < <usize>LIST_ROOM * 4; i += 4) store<i32>(end + i, load<i32>(end - 4));
  while (list < end) {
    if (ASC_FEATURE_RELAXED_SIMD && end - list > 16) {
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

/** So many sums hide how long each addition takes; with multiplications beside them V8 keeps some in memory. */
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
