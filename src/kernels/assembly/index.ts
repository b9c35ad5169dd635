// The training step and the forward pass, as the host calls them: every thread the same function
// at the same time, with its number.

import { prepareUpdate } from './adam';
import { writeCodes } from './codes';
import { encode } from './encode';
import { centre, reconstruct } from './examples';
import { gradients } from './gradients';
import { now } from './host';
import {
  bias,
  biasGradient,
  centred,
  centreSums,
  errors,
  fault,
  featureGroups,
  listCount,
  listStart,
  normSums,
  PIECE,
  pieceColumns,
  stamps,
  stride,
} from './layout';
import { countPairs, reportParts, residualOf } from './losses';
import { Param, param, Result, report, Status } from './numbers';
import { clearPairs, outOfMemory } from './pairs';
import { decodeOne } from './reconstructions';
import { revivalWeight, revivesAny } from './revival';
import { reportScreened } from './screen';
import { select } from './select';
import { skipGradients, skipSquaredNorm, updateSkip } from './skip';
import { spread } from './spread';
import { barrier, next, resetWork } from './threads';
import { update, updateBias } from './update';

export { dotsByFours, dotsByOnes } from './dots';
export { products } from './encode';
export { gated } from './gated';
export { gradientBlock } from './gradients';
export { jumprelu } from './jumprelu';
// Addresses are globals, which the host reads.
export {
  asleep,
  bias,
  biasBefore,
  biasM,
  biasMovedAt,
  biasV,
  configure,
  decoder,
  decoderM,
  decoderV,
  encoder,
  encoderM,
  encoderV,
  errors,
  fault,
  firing,
  isStale,
  listCount,
  listStart,
  params,
  placeOf,
  pool,
  prefixEnds,
  prefixWeights,
  results,
  rowCodes,
  rowFeatures,
  rowValues,
  segmentBytes,
  skip,
  skipM,
  skipPlaceOf,
  skipV,
  spreadSquares,
  spreadSums,
  stamps,
  target,
  updatedAt,
  vector,
  vectorBefore,
  vectorM,
  vectorsLeast,
  vectorV,
  x,
} from './layout';
export { decodeTwo, projectTwo } from './reconstructions';
export { batchtopk, relu, topk } from './relu';
export { relulp } from './relulp';
export { fourProductsOf } from './simd';
export { skipGradient, skipProducts } from './skip';
export { catchUp, takeBack } from './update';

const KINDS: usize = 10; // one of them hands out memory, in pairs.ts
const ENCODE: usize = 0;
const DECODE: usize = 1;
const GRADIENTS: usize = 2;
const UPDATE: usize = 3;
const SPREAD: usize = 4;
/** And the one after it. */
const SELECT: usize = 5;
const SKIP_GRADIENTS: usize = 8;
const SKIP_UPDATE: usize = 9;

function stamp(thread: i32, phase: usize): void {
  f64.store(stamps + <usize>thread * 64 + phase * 8, now());
}

function finish(thread: i32): void {
  if (thread == 0) resetWork(KINDS);
}

/** Lists the active pairs, by feature and by example. */
function encodeBatch(thread: i32, rows: i32, training: bool): Status {
  clearPairs();
  centre(thread, rows, training);
  barrier();
  encode(thread, ENCODE, rows, training);
  barrier();
  if (thread == 0) reportScreened();
  if (outOfMemory()) return Status.OutOfMemory;
  stamp(thread, 1);
  select(thread, SELECT, rows, training, training && revivesAny());
  barrier();
  return load<i32>(fault) == 0 ? Status.Done : Status.FloorTooHigh;
}

/** Writes the codes of each row. */
export function encodeRows(thread: i32): void {
  const rows = <i32>param(Param.Rows);
  const status = encodeBatch(thread, rows, false);
  if (thread == 0) report(Result.Pairs, countPairs());
  if (status != Status.Done) return end(thread, status);
  writeCodes(DECODE, rows);
  barrier();
  end(thread, outOfMemory() ? Status.OutOfMemory : Status.Done);
}

/** Encodes and decodes: errors, and the loss's terms. */
export function forward(thread: i32): void {
  const rows = <i32>param(Param.Rows);
  spread(SPREAD, rows);
  const status = encodeBatch(thread, rows, false);
  if (status != Status.Done) return end(thread, status);
  reconstruct(DECODE, rows, false, false);
  barrier();
  let finite: bool = true;
  if (thread == 0) finite = reportParts(rows, false);
  end(thread, finite ? Status.Done : Status.LossNotFinite);
}

/** Encodes and decodes: errors, and the codes of each row. */
export function encodeAndDecode(thread: i32): void {
  const rows = <i32>param(Param.Rows);
  const status = encodeBatch(thread, rows, false);
  if (thread == 0) report(Result.Pairs, countPairs());
  if (status != Status.Done) return end(thread, status);
  reconstruct(DECODE, rows, false, false);
  barrier();
  // The counters of a step's other phases are free here.
  writeCodes(GRADIENTS, rows);
  barrier();
  end(thread, outOfMemory() ? Status.OutOfMemory : Status.Done);
}

/** b_dec's gradient: that of the reconstruction, less that of xc where b_dec is in it. Returns its squared norm. */
function differentiateBias(thread: i32, rows: i32): f64 {
  const pieces = (rows + PIECE - 1) / PIECE;
  let squares: f64 = 0;
  for (let o: usize = 0; o < stride; o += 16) {
    let g = f32x4.splat(0);
    for (let i = 0; i < pieces; i++) {
      g = f32x4.add(g, v128.load(pieceColumns + <usize>i * stride + o));
    }
    for (let i = 0; centred && i < featureGroups; i++) {
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
  const status = encodeBatch(thread, rows, true);
  stamp(thread, 2);
  if (status != Status.Done) return end(thread, status);
  const revives = revivesAny();
  reconstruct(DECODE, rows, true, revives);
  barrier();
  stamp(thread, 3);
  if (thread == 0 && !reportParts(rows, revives)) store<i32>(fault, 2);
  barrier();
  if (load<i32>(fault) != 0) return end(thread, Status.LossNotFinite);
  gradients(thread, GRADIENTS, revives ? revivalWeight(residualOf(rows) / <f64>rows) : 0);
  skipGradients(SKIP_GRADIENTS);
  barrier();
  stamp(thread, 4);
  // Every thread sums alike, and so comes to the same number.
  let squares = differentiateBias(thread, rows);
  for (let g = 0; g < featureGroups; g++) squares += f64.load(normSums + <usize>g * 8);
  const norm = Math.sqrt(squares + skipSquaredNorm());
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
  updateSkip(SKIP_UPDATE);
  end(thread, Status.Done);
  stamp(thread, 5);
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
