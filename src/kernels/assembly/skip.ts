// The skip connection: x · W_skip in every reconstruction, and the way back to its weights. All of it is
// dense; rows of the batch are looked at two at a time, columns of the output by sixteen.
//
// W_skip lies by blocks of sixteen columns, one row of the input after another. As with features each
// block has two places: its gradient goes to the other one, and the update writes the new weights over it.
import { adamRow } from './adam';
import {
  BLOCK,
  blocks,
  capacity,
  channels,
  errors,
  examples,
  places,
  secondBlocks,
  secondTrains,
  skip,
  skipBlocks,
  skipBytes,
  skipM,
  skipPlaceOf,
  skipSquares,
  skipV,
  stride,
  x,
} from './layout';
import { Param, param } from './numbers';
import { fma, squaredNorm } from './simd';
import { next } from './threads';

/** The word of a block: which place holds it (bit 0), and the step that moved it there (the others). */
// @inline
function wordOf(block: i32): usize {
  return skipPlaceOf + <usize>block * 4;
}

// @inline
function blockAt(block: i32): usize {
  return skip + (<usize>block * places + (<usize>load<u32>(wordOf(block)) & 1)) * skipBytes;
}

/** How far a block's other place is. */
// @inline
function otherPlace(block: i32): isize {
  return (load<u32>(wordOf(block)) & 1) == 0 ? <isize>skipBytes : -(<isize>skipBytes);
}

/**
 * Sixteen columns of the products of two examples, which are added to the start of their errors.
 *
 * Exported, so that it stays a function of its own, as the one below.
 */
export function skipProducts(
  row0: usize,
  row1: usize,
  w: usize,
  error0: usize,
  error1: usize,
): void {
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  let a1 = a;
  let b1 = a;
  let c1 = a;
  let d1 = a;
  for (const end = w + skipBytes; w < end; w += 64, row0 += 4, row1 += 4) {
    const u = v128.load32_splat(row0);
    const v = v128.load32_splat(row1);
    let q = v128.load(w);
    a = fma(u, q, a);
    a1 = fma(v, q, a1);
    q = v128.load(w, 16);
    b = fma(u, q, b);
    b1 = fma(v, q, b1);
    q = v128.load(w, 32);
    c = fma(u, q, c);
    c1 = fma(v, q, c1);
    q = v128.load(w, 48);
    d = fma(u, q, d);
    d1 = fma(v, q, d1);
  }
  // The second example first: where there is none, it is the first one again, and counts once.
  if (error1 != error0) addTo(error1, a1, b1, c1, d1);
  addTo(error0, a, b, c, d);
}

/** Adds to sixteen columns of all of an example's reconstructions. */
// @inline
function addTo(error: usize, a: v128, b: v128, c: v128, d: v128): void {
  for (let channel: usize = 0; channel < channels; channel++, error += 16) {
    const step = channels * 16;
    v128.store(error, f32x4.add(v128.load(error), a));
    v128.store(error + step, f32x4.add(v128.load(error + step), b));
    v128.store(error + 2 * step, f32x4.add(v128.load(error + 2 * step), c));
    v128.store(error + 3 * step, f32x4.add(v128.load(error + 3 * step), d));
  }
}

/** Adds x · W_skip to the errors of some rows. Sixteen columns of the weights stay in the cache for all. */
export function addSkip(from: i32, to: i32): void {
  for (let block = 0; block < skipBlocks; block++) {
    const w = blockAt(block);
    const column = <usize>block * 64;
    for (let b = from; b < to; b += 2) {
      const other = min(b + 1, to - 1);
      skipProducts(
        x + <usize>b * stride,
        x + <usize>other * stride,
        w,
        errors + (<usize>b * stride + column) * channels,
        errors + (<usize>other * stride + column) * channels,
      );
    }
  }
}

/** Two rows of a block's gradient: the sums over the examples of two inputs times sixteen columns. */
export function skipGradient(xs: usize, gs: usize, step: usize, rows: i32, w: usize): void {
  let a = v128.load(w);
  let b = v128.load(w, 16);
  let c = v128.load(w, 32);
  let d = v128.load(w, 48);
  let a1 = v128.load(w, 64);
  let b1 = v128.load(w, 80);
  let c1 = v128.load(w, 96);
  let d1 = v128.load(w, 112);
  for (const end = xs + <usize>rows * BLOCK; xs < end; xs += BLOCK, gs += step) {
    const u = v128.load32_splat(xs);
    const v = v128.load32_splat(xs, 4);
    let q = v128.load(gs);
    a = fma(u, q, a);
    a1 = fma(v, q, a1);
    q = v128.load(gs, 16);
    b = fma(u, q, b);
    b1 = fma(v, q, b1);
    q = v128.load(gs, 32);
    c = fma(u, q, c);
    c1 = fma(v, q, c1);
    q = v128.load(gs, 48);
    d = fma(u, q, d);
    d1 = fma(v, q, d1);
  }
  v128.store(w, a);
  v128.store(w, b, 16);
  v128.store(w, c, 32);
  v128.store(w, d, 48);
  v128.store(w, a1, 64);
  v128.store(w, b1, 80);
  v128.store(w, c1, 96);
  v128.store(w, d1, 112);
}

/** Computes the gradients of block after block, as long as there are some. */
export function skipGradients(kind: usize): void {
  const rows = <i32>param(Param.Rows);
  const ofBlock = <usize>examples * BLOCK;
  for (let block = next(kind); block < skipBlocks; block = next(kind)) {
    const gradient = blockAt(block) + otherPlace(block);
    const errorsOf = blocks + <usize>block * ofBlock;
    const secondOf = secondBlocks + <usize>block * <usize>capacity * 64;
    memory.fill(gradient, 0, skipBytes);
    for (let w = gradient, row: usize = 0; w < gradient + skipBytes; w += 128, row += 2) {
      const xs = blocks + (row >> 4) * ofBlock + 64 + (row & 15) * 4;
      skipGradient(xs, errorsOf, BLOCK, rows, w);
      if (secondTrains) skipGradient(xs, secondOf, 64, rows, w);
    }
    const squares = <f64>squaredNorm(gradient, skipBytes);
    f64.store(skipSquares + <usize>block * 8, squares);
  }
}

/** The squared norm of the whole gradient. */
export function skipSquaredNorm(): f64 {
  let squares: f64 = 0;
  for (let block = 0; block < skipBlocks; block++) {
    squares += f64.load(skipSquares + <usize>block * 8);
  }
  return squares;
}

/** Updates block after block, as long as there are some. */
export function updateSkip(kind: usize): void {
  const step = <u32>param(Param.Step);
  for (let block = next(kind); block < skipBlocks; block = next(kind)) {
    const w = blockAt(block);
    const gradient = w + otherPlace(block);
    const moment = <usize>block * skipBytes;
    adamRow(w, gradient, skipV + moment, skipM + moment, skipBytes);
    moveBlock(block, step);
  }
}

function moveBlock(block: i32, step: u32): void {
  store<u32>(wordOf(block), (step << 1) | ((load<u32>(wordOf(block)) & 1) ^ 1));
}

/** Goes back to the weights from before a step, as far as it has come. */
export function takeSkipBack(step: u32): void {
  for (let block = 0; block < skipBlocks; block++) {
    if (load<u32>(wordOf(block)) >> 1 == step) moveBlock(block, 0);
  }
}
