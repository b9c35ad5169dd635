// The training step and the forward pass, as the host calls them: every thread the same function
// at the same time, with its number.

import { encode } from './encode';
import { centre, reconstruct } from './examples';
import { gradients } from './gradients';
import { now } from './host';
import {
  bias,
  biasGradient,
  centreSums,
  errors,
  fault,
  features,
  GRADIENT_GROUP,
  listCount,
  listStart,
  normSums,
  Param,
  PIECE,
  pairCount,
  param,
  penalty,
  pieceColumns,
  pieceSums,
  Result,
  report,
  Status,
  stamps,
  stride,
} from './layout';
import { clearPairs, outOfMemory } from './pairs';
import { decodeOne } from './reconstructions';
import { spread } from './spread';
import { barrier, next, resetWork } from './threads';
import { prepareUpdate, update, updateBias } from './update';

export { addressOf } from './addresses';
export { products } from './encode';
export { gated } from './gated';
export { gradientBlock } from './gradients';
export { configure, segmentBytes } from './layout';
export { decodeTwo, projectTwo } from './reconstructions';
export { relu } from './relu';
export { catchUp, takeBack } from './update';

const KINDS: usize = 8;
const ENCODE: usize = 0;
const DECODE: usize = 1;
const GRADIENTS: usize = 2;
const UPDATE: usize = 3;
const SPREAD: usize = 4;

function stamp(thread: i32, phase: usize): void {
  f64.store(stamps + <usize>thread * 64 + phase * 8, now());
}

function finish(thread: i32): void {
  if (thread == 0) resetWork(KINDS);
}

/** Writes the loss's terms into the results; false where one of them is not finite. */
function reportTerms(rows: i32): bool {
  const pieces = (rows + PIECE - 1) / PIECE;
  let first: f64 = 0;
  let second: f64 = 0;
  for (let p = 0; p < pieces; p++) {
    first += f64.load(pieceSums + <usize>p * 16);
    second += f64.load(pieceSums + <usize>p * 16, 8);
  }
  let open: f64 = 0;
  for (let f: usize = 0; f < <usize>features * 4; f += 4) open += f32.load(penalty + f);
  const count = <f64>rows;
  report(Result.Pairs, countPairs());
  report(Result.Terms, first / count);
  report(Result.Terms + 1, open / count);
  report(Result.Terms + 2, second / count);
  return (
    isFinite<f32>(<f32>(first / count)) &&
    isFinite<f32>(<f32>(open / count)) &&
    isFinite<f32>(<f32>(second / count))
  );
}

/** Active pairs of an example and a feature, of all threads. */
function countPairs(): f64 {
  let pairs: f64 = 0;
  for (let f: usize = 0; f < <usize>features * 4; f += 4) pairs += load<u32>(pairCount + f);
  return pairs;
}

/** Lists the active pairs, by feature and by example. */
function encodeBatch(thread: i32, rows: i32, training: bool): void {
  clearPairs();
  centre(thread, rows, training);
  barrier();
  encode(thread, ENCODE, rows);
  barrier();
}

/** Lists the codes by example. */
export function encodeRows(thread: i32): void {
  encodeBatch(thread, <i32>param(Param.Rows), false);
  if (thread == 0) report(Result.Pairs, countPairs());
  end(thread, outOfMemory() ? Status.OutOfMemory : Status.Done);
}

/** Encodes and decodes: errors, and the loss's terms. */
export function forward(thread: i32): void {
  const rows = <i32>param(Param.Rows);
  spread(SPREAD, rows);
  encodeBatch(thread, rows, false);
  if (outOfMemory()) return end(thread, Status.OutOfMemory);
  reconstruct(DECODE, rows, false);
  barrier();
  let finite = true;
  if (thread == 0) finite = reportTerms(rows);
  end(thread, finite ? Status.Done : Status.LossNotFinite);
}

/** b_dec's gradient: that of the reconstruction, less that of xc. Returns its squared norm. */
function differentiateBias(thread: i32, rows: i32): f64 {
  const pieces = (rows + PIECE - 1) / PIECE;
  const featureGroups = (features + GRADIENT_GROUP - 1) / GRADIENT_GROUP;
  let squares: f64 = 0;
  for (let o: usize = 0; o < stride; o += 16) {
    let g = f32x4.splat(0);
    for (let i = 0; i < pieces; i++) {
      g = f32x4.add(g, v128.load(pieceColumns + <usize>i * stride + o));
    }
    for (let i = 0; i < featureGroups; i++) {
      g = f32x4.sub(g, v128.load(centreSums + <usize>i * stride + o));
    }
    const q = f32x4.mul(g, g);
    squares += <f64>f32x4.extract_lane(q, 0) + <f64>f32x4.extract_lane(q, 1);
    squares += <f64>f32x4.extract_lane(q, 2) + <f64>f32x4.extract_lane(q, 3);
    if (thread == 0) v128.store(biasGradient + o, g);
  }
  return squares;
}

/** One whole training step. */
export function step(thread: i32): void {
  const rows = <i32>param(Param.Rows);
  stamp(thread, 0);
  spread(SPREAD, rows);
  encodeBatch(thread, rows, true);
  stamp(thread, 1);
  if (outOfMemory()) return end(thread, Status.OutOfMemory);
  reconstruct(DECODE, rows, true);
  barrier();
  stamp(thread, 2);
  if (thread == 0 && !reportTerms(rows)) store<i32>(fault, 2);
  barrier();
  if (load<i32>(fault) != 0) return end(thread, Status.LossNotFinite);
  gradients(GRADIENTS);
  barrier();
  stamp(thread, 3);
  // Every thread sums alike, and so comes to the same number.
  const featureGroups = (features + GRADIENT_GROUP - 1) / GRADIENT_GROUP;
  let squares = differentiateBias(thread, rows);
  for (let g = 0; g < featureGroups; g++) squares += f64.load(normSums + <usize>g * 8);
  const norm = Math.sqrt(squares);
  if (thread == 0) report(Result.GradNorm, norm);
  if (!isFinite<f32>(<f32>norm)) return end(thread, Status.GradientNotFinite);
  const left = prepareUpdate(norm);
  // Or a second moment would be infinite, and its weight never move again.
  if (!isFinite<f32>(<f32>(left * left))) {
    if (thread == 0) report(Result.GradNorm, Infinity);
    return end(thread, Status.GradientNotFinite);
  }
  if (thread == 0) updateBias();
  update(UPDATE);
  end(thread, Status.Done);
  stamp(thread, 4);
}

function end(thread: i32, status: Status): void {
  barrier();
  if (thread == 0) report(Result.Status, status);
  finish(thread);
}

/** Rows from lists of codes, which the host has written: b_dec + Σ code · W_dec, into errors. */
export function decodeLists(thread: i32): void {
  const rows = <i32>param(Param.Rows);
  for (let b = next(DECODE); b < rows; b = next(DECODE)) {
    const row = errors + <usize>b * stride;
    memory.copy(row, bias, stride);
    const list = <usize>b * 4;
    decodeOne(load<u32>(listStart + list), load<u32>(listCount + list), row);
  }
  end(thread, Status.Done);
}
