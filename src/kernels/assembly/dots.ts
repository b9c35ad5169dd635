// The products of whole numbers, which are exact, by whichever instructions are quickest here.
import { capacity, screenColumns, screenedRows } from './layout';
import { FEATURE_STEP, ROW_STEP, sumsFour, wholesOf } from './wholeNumbers';

/** Sixteen products of bytes or eight of 16 bits, and the sums of those before. */
// @inline
function add(sums: v128, q: v128, u: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i32x4.relaxed_dot_i8x16_i7x16_add_s(q, u, sums);
  return i32x4.add(sums, i32x4.dot_i16x8_s(q, u));
}

/** Thirty-two products of bytes, four of which 16 bits hold. */
// @inline
function addFours(sums: v128, q: v128, u: v128, q1: v128, u1: v128): v128 {
  const first = i16x8.relaxed_dot_i8x16_i7x16_s(q, u);
  const both = i16x8.add(first, i16x8.relaxed_dot_i8x16_i7x16_s(q1, u1));
  return i32x4.add(sums, i32x4.extadd_pairwise_i16x8_s(both));
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
  const packed: usize = 4 * screenColumns;
  for (let b = 0; b < rows; b += 2) {
    const pair = screenedRows + <usize>b * screenColumns;
    for (let half: usize = 0; half < 2; half++) {
      const w = wholesOf(from) + half * packed;
      const to = tile + half * 4 * column + <usize>b * 4;
      if (sumsFour) dotsByFours(pair, w, to, column);
      else dotsByOnes(pair, w, to, column);
    }
  }
}

/**
 * Two examples by four features in registers.
 *
 * Exported, as is the other one, so that each stays a function of its own: in a larger one V8 runs out of
 * registers.
 */
export function dotsByOnes(pair: usize, w: usize, to: usize, column: usize): void {
  const end = pair + 2 * screenColumns;
  let a00 = i32x4.splat(0);
  let a01 = a00;
  let a02 = a00;
  let a03 = a00;
  let a10 = a00;
  let a11 = a00;
  let a12 = a00;
  let a13 = a00;
  for (let xs = pair; xs < end; xs += ROW_STEP) {
    const u = v128.load(xs);
    const v = v128.load(xs, 16);
    let q = v128.load(w);
    a00 = add(a00, q, u);
    a10 = add(a10, q, v);
    q = v128.load(w, 16);
    a01 = add(a01, q, u);
    a11 = add(a11, q, v);
    q = v128.load(w, 32);
    a02 = add(a02, q, u);
    a12 = add(a12, q, v);
    q = v128.load(w, 48);
    a03 = add(a03, q, u);
    a13 = add(a13, q, v);
    w += FEATURE_STEP;
  }
  storeTotals(to, a00, a10);
  storeTotals(to + column, a01, a11);
  storeTotals(to + 2 * column, a02, a12);
  storeTotals(to + 3 * column, a03, a13);
}

/** As the other one, with sums of four products in 16 bits. */
export function dotsByFours(pair: usize, w: usize, to: usize, column: usize): void {
  if (!ASC_FEATURE_RELAXED_SIMD) return;
  const end = pair + 2 * screenColumns;
  let a00 = i32x4.splat(0);
  let a01 = a00;
  let a02 = a00;
  let a03 = a00;
  let a10 = a00;
  let a11 = a00;
  let a12 = a00;
  let a13 = a00;
  for (let xs = pair; xs < end; xs += 2 * ROW_STEP) {
    const u = v128.load(xs);
    const v = v128.load(xs, 16);
    const u1 = v128.load(xs, 32);
    const v1 = v128.load(xs, 48);
    let q = v128.load(w);
    let q1 = v128.load(w, 64);
    a00 = addFours(a00, q, u, q1, u1);
    a10 = addFours(a10, q, v, q1, v1);
    q = v128.load(w, 16);
    q1 = v128.load(w, 80);
    a01 = addFours(a01, q, u, q1, u1);
    a11 = addFours(a11, q, v, q1, v1);
    q = v128.load(w, 32);
    q1 = v128.load(w, 96);
    a02 = addFours(a02, q, u, q1, u1);
    a12 = addFours(a12, q, v, q1, v1);
    q = v128.load(w, 48);
    q1 = v128.load(w, 112);
    a03 = addFours(a03, q, u, q1, u1);
    a13 = addFours(a13, q, v, q1, v1);
    w += 2 * FEATURE_STEP;
  }
  storeTotals(to, a00, a10);
  storeTotals(to + column, a01, a11);
  storeTotals(to + 2 * column, a02, a12);
  storeTotals(to + 3 * column, a03, a13);
}
