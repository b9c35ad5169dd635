// The training step and the forward pass, as the host calls them: every thread the same function
// at the same time, with its number.

import { prepareUpdate } from './adam';
import { penaltyOfRows } from './architecture';
import { encode } from './encode';
import { centre, reconstruct } from './examples';
import { deadPairs, decoderRow, normOf } from './features';
import { gradients } from './gradients';
import { now } from './host';
import {
  bias,
  biasGradient,
  capacity,
  centred,
  centreSums,
  deadSums,
  errors,
  fault,
  featureGroups,
  features,
  levels,
  listCount,
  listStart,
  normSums,
  PIECE,
  pairCount,
  penalty,
  pieceColumns,
  pieceResiduals,
  pieceSums,
  prefixes,
  prefixWeights,
  stamps,
  stride,
} from './layout';
import { Param, Part, param, Result, report, Status } from './numbers';
import { clearPairs, outOfMemory } from './pairs';
import { decodeOne } from './reconstructions';
import { revivalWeight } from './revival';
import { select } from './select';
import { squaredNorm } from './simd';
import { skipGradients, skipSquaredNorm, updateSkip } from './skip';
import { spread } from './spread';
import { barrier, next, resetWork } from './threads';
import { update, updateBias } from './update';

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
  listCount,
  listStart,
  params,
  placeOf,
  pool,
  prefixEnds,
  prefixWeights,
  results,
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

/** What dead features sum in their own penalty, by the norms of their decoder rows. */
function deadPenalty(): f64 {
  let sum: f64 = 0;
  for (let f = 0; f < features; f++) {
    if (deadPairs(f) == 0) continue;
    const norm = sqrt<f32>(squaredNorm(decoderRow(f)));
    sum += <f64>f32.load(deadSums + <usize>f * 4) * <f64>norm;
  }
  return sum;
}

/** Σ ‖error‖² at one level, over pieces of examples; that of the second reconstruction at 8. */
function squaredErrors(level: i32, rows: i32, at: usize): f64 {
  const pieces = (rows + PIECE - 1) / PIECE;
  const first = pieceSums + <usize>(level * ((capacity + PIECE - 1) / PIECE)) * 16;
  let squares: f64 = 0;
  for (let p = 0; p < pieces; p++) squares += f64.load(first + <usize>p * 16 + at);
  return squares;
}

/** Writes the loss's parts into the results; false where one of them is not finite. */
function reportParts(rows: i32, revives: bool): bool {
  let open: f64 = 0;
  for (let f = 0; f < features; f++) {
    open += <f64>f32.load(penalty + <usize>f * 4) * <f64>normOf(f);
  }
  const ofRows = penaltyOfRows(rows);
  if (ofRows >= 0) open = ofRows;
  const count = <f64>rows;
  const whole = squaredErrors(prefixes - 1, rows, 0);
  let weighted = whole;
  for (let level = 0; level < prefixes - 1; level++) {
    weighted += f64.load(prefixWeights + <usize>level * 8) * squaredErrors(level, rows, 0);
  }
  const second = squaredErrors(prefixes - 1, rows, 8);
  const residual = revives ? residualOf(rows) : 0;
  const revival = residual > 0 ? squaredErrors(prefixes, rows, 0) / residual : 0;
  report(Result.Pairs, countPairs());
  report(Result.SquaredError, whole / count);
  report(Result.Parts + Part.Reconstruction, weighted / count);
  report(Result.Parts + Part.Penalty, open / count);
  report(Result.Parts + Part.Second, second / count);
  const dead = deadPenalty() / count;
  report(Result.Parts + Part.Revival, revival);
  report(Result.Parts + Part.Dead, dead);
  return (
    isFinite<f32>(<f32>(weighted / count)) &&
    isFinite<f32>(<f32>(open / count)) &&
    isFinite<f32>(<f32>(second / count)) &&
    isFinite<f32>(<f32>revival) &&
    isFinite<f32>(<f32>dead)
  );
}

/** Σ ‖error − mean error‖² of the whole reconstruction, which is left to revivals. */
function residualOf(rows: i32): f64 {
  const pieces = (rows + PIECE - 1) / PIECE;
  let squares = squaredErrors(prefixes - 1, rows, 0);
  for (let o: usize = 0; o < stride; o += 4) {
    let column: f64 = 0;
    for (let p = 0; p < pieces; p++) column += f32.load(pieceResiduals + <usize>p * stride + o);
    squares -= (column * column) / <f64>rows;
  }
  return squares;
}

/** Active pairs of an example and a feature, of all threads. */
function countPairs(): f64 {
  let pairs: f64 = 0;
  for (let f: usize = 0; f < <usize>features * 4; f += 4) pairs += load<u32>(pairCount + f);
  return pairs;
}

/** Lists the active pairs, by feature and by example. */
function encodeBatch(thread: i32, rows: i32, training: bool): Status {
  clearPairs();
  centre(thread, rows, training);
  barrier();
  encode(thread, ENCODE, rows, training);
  barrier();
  if (outOfMemory()) return Status.OutOfMemory;
  stamp(thread, 1);
  select(thread, SELECT, rows, training, training && revivesAny());
  barrier();
  return load<i32>(fault) == 0 ? Status.Done : Status.FloorTooHigh;
}

/** Whether there are dead features, and a revival of them. */
function revivesAny(): bool {
  return param(Param.Dead) > 0 && levels > prefixes;
}

/** Lists the codes by example. */
export function encodeRows(thread: i32): void {
  const status = encodeBatch(thread, <i32>param(Param.Rows), false);
  if (thread == 0) report(Result.Pairs, countPairs());
  end(thread, status);
}

/** Encodes and decodes: errors, and the loss's terms. */
export function forward(thread: i32): void {
  const rows = <i32>param(Param.Rows);
  spread(SPREAD, rows);
  const status = encodeBatch(thread, rows, false);
  if (status != Status.Done) return end(thread, status);
  reconstruct(DECODE, rows, false, false);
  barrier();
  let finite = true;
  if (thread == 0) finite = reportParts(rows, false);
  end(thread, finite ? Status.Done : Status.LossNotFinite);
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
