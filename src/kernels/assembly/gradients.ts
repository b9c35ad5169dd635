// The gradients of the rows of active features. They go to each row's other place.
import { differentiate, differentiateDead } from './architecture';
import { deadPairs, decoderRow, encoderRow, normOf, otherPlace, penaltyWeight } from './features';
import {
  auxCount,
  BLOCK,
  blocks,
  capacity,
  centred,
  centreSums,
  derivesNorms,
  examples,
  featureGroups,
  features,
  GRADIENT_GROUP,
  normGradients,
  normSums,
  PAIR,
  pairCount,
  pairStart,
  penalty,
  penaltyByNorm,
  scratch,
  scratchBytes,
  secondBlocks,
  secondTrains,
  stride,
  TASK,
  vectorBytes,
  vectorGradient,
  vectors,
} from './layout';
import { Param, param } from './numbers';
import { differentiateAsleep } from './revival';
import { fma, squaredNorm, sum } from './simd';
import { next } from './threads';

/** Features whose pairs stay in the first-level cache beside all examples' block of columns. */
const TOGETHER: usize = 32;

/**
 * Sixteen columns of the gradients of one feature's two rows.
 *
 * Exported, so that it stays a function of its own: in a larger one V8 runs out of registers.
 */
export function gradientBlock(block: usize, pairs: usize, end: usize, w: usize, wEnc: usize): void {
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  let a2 = a;
  let b2 = a;
  let c2 = a;
  let d2 = a;
  while (pairs < end) {
    const p = block + <usize>load<u32>(pairs);
    const u = v128.load32_splat(pairs, 4);
    const v = v128.load32_splat(pairs, 8);
    pairs += PAIR;
    a = fma(u, v128.load(p), a);
    b = fma(u, v128.load(p, 16), b);
    c = fma(u, v128.load(p, 32), c);
    d = fma(u, v128.load(p, 48), d);
    a2 = fma(v, v128.load(p, 64), a2);
    b2 = fma(v, v128.load(p, 80), b2);
    c2 = fma(v, v128.load(p, 96), c2);
    d2 = fma(v, v128.load(p, 112), d2);
  }
  v128.store(w, a);
  v128.store(w, b, 16);
  v128.store(w, c, 32);
  v128.store(w, d, 48);
  v128.store(wEnc, a2);
  v128.store(wEnc, b2, 16);
  v128.store(wEnc, c2, 32);
  v128.store(wEnc, d2, 48);
}

/**
 * Adds to sixteen columns of the gradient of one feature's decoder row what the second reconstruction
 * gives, whose codes are in the pairs at 12.
 */
export function addSecondBlock(block: usize, pairs: usize, end: usize, w: usize): void {
  let a = v128.load(w);
  let b = v128.load(w, 16);
  let c = v128.load(w, 32);
  let d = v128.load(w, 48);
  for (; pairs < end; pairs += PAIR) {
    const p = block + <usize>load<u32>(pairs) / (BLOCK / 64);
    const u = v128.load32_splat(pairs, 12);
    a = fma(u, v128.load(p), a);
    b = fma(u, v128.load(p, 16), b);
    c = fma(u, v128.load(p, 32), c);
    d = fma(u, v128.load(p, 48), d);
  }
  v128.store(w, a);
  v128.store(w, b, 16);
  v128.store(w, c, 32);
  v128.store(w, d, 48);
}

/** Adds to the gradient of a decoder row what a penalty weighed by its norm gives. */
function addPenalty(feature: i32, row: usize, gradient: usize): void {
  const norm = <f64>normOf(feature);
  if (norm == 0) return;
  const sum = <f64>f32.load(penalty + <usize>feature * 4);
  addRow(row, <f32>((penaltyWeight(feature) * sum) / (norm * norm)), gradient);
}

/** Adds to the gradient of a decoder row what the architecture's derivative by its norm gives. */
function addNorm(feature: i32, row: usize, gradient: usize): void {
  const by = f32.load(normGradients + <usize>feature * 4);
  const norm = sqrt<f32>(squaredNorm(row));
  if (norm > 0) addRow(row, by / norm, gradient);
}

/** Adds a share of a decoder row to the gradient of it. */
// @inline
function addRow(row: usize, by: f32, gradient: usize): void {
  const share = f32x4.splat(by);
  for (let o: usize = 0; o < stride; o += 16) {
    v128.store(gradient + o, fma(share, v128.load(row + o), v128.load(gradient + o)));
  }
}

/** Takes out of a decoder row's gradient what would change the row's norm. */
function project(row: usize, gradient: usize): void {
  let dots = f32x4.splat(0);
  let squares = dots;
  for (let o: usize = 0; o < stride; o += 16) {
    const w = v128.load(row + o);
    dots = fma(w, v128.load(gradient + o), dots);
    squares = fma(w, w, squares);
  }
  addRow(row, -sum(dots) / max<f32>(sum(squares), f32.MIN_NORMAL_VALUE), gradient);
}

/** Adds the squared norms of two rows: one sum alone would wait for each of its additions. */
function addSquares(squares: f64, first: usize, second: usize): f64 {
  let a = f32x4.splat(0);
  let b = a;
  for (let o: usize = 0; o < stride; o += 16) {
    const u = v128.load(first + o);
    const v = v128.load(second + o);
    a = fma(u, u, a);
    b = fma(v, v, b);
  }
  return squares + <f64>sum(a) + <f64>sum(b);
}

const auxOf = (feature: i32): u32 => load<u32>(auxCount + <usize>feature * 4);
const firstPair = (feature: i32): usize => <usize>load<u32>(pairStart + <usize>feature * 4);
const countOf = (feature: i32): u32 => load<u32>(pairCount + <usize>feature * 4);

/** Notes of a feature that has a gradient where its pairs begin and end, and where the gradients of its rows go. */
// @inline
function note(task: usize, feature: i32, dead: u32, count: u32): void {
  const pairs = firstPair(feature);
  const other = otherPlace(feature);
  store<u32>(task, <u32>(pairs - <usize>dead * PAIR));
  store<u32>(task, <u32>(pairs + <usize>count * PAIR), 4);
  store<u32>(task, <u32>(decoderRow(feature) + other), 8);
  store<u32>(task, <u32>(encoderRow(feature) + other), 12);
}

/** The gradients of the rows of features of which that is noted, a block of columns after another. */
function gradientBlocks(from: usize, to: usize): void {
  for (let o: usize = 0; o < stride; o += 64) {
    const block = blocks + (o >> 6) * <usize>examples * BLOCK;
    for (let task = from; task < to; task += TASK) {
      const pairs = <usize>load<u32>(task);
      const end = <usize>load<u32>(task, 4);
      const w = <usize>load<u32>(task, 8) + o;
      gradientBlock(block, pairs, end, w, <usize>load<u32>(task, 12) + o);
      if (secondTrains) {
        addSecondBlock(secondBlocks + (o >> 6) * <usize>capacity * 64, pairs, end, w);
      }
    }
  }
}

/**
 * Computes the gradients of group after group of features, as long as there are some.
 *
 * @param aux the weight of the squared error of the revival
 */
export function gradients(thread: i32, kind: usize, aux: f64): void {
  const tasks = scratch + <usize>thread * scratchBytes;
  for (let g = next(kind); g < featureGroups; g = next(kind)) {
    const from = g * GRADIENT_GROUP;
    const to = min(from + GRADIENT_GROUP, features);
    const centres = centreSums + <usize>g * stride;
    memory.fill(centres, 0, stride);
    let squares: f64 = 0;
    let end = tasks;
    for (let f = from; f < to; f++) {
      const count = countOf(f);
      const others = auxOf(f);
      const dead = deadPairs(f);
      if (count + others + dead == 0) continue;
      note(end, f, dead, count + others);
      end += TASK;
      let summed = differentiate(f, firstPair(f), count);
      if (dead != 0) summed += differentiateDead(f, firstPair(f) - <usize>dead * PAIR, dead);
      if (others != 0) {
        summed += differentiateAsleep(f, firstPair(f) + <usize>count * PAIR, others, aux);
      }
      const dP = f32x4.splat(summed);
      for (let k = 0; k < vectors; k++) {
        const own = f32.load(vectorGradient + <usize>k * vectorBytes() + <usize>f * 4);
        squares += <f64>own * <f64>own;
      }
      if (!centred) continue; // b_dec is not in xc
      const w = encoderRow(f);
      for (let o: usize = 0; o < stride; o += 16) {
        v128.store(centres + o, fma(dP, v128.load(w + o), v128.load(centres + o)));
      }
    }
    for (let task = tasks; task < end; task += TOGETHER * TASK) {
      gradientBlocks(task, min<usize>(task + TOGETHER * TASK, end));
    }
    for (let f = from; f < to; f++) {
      if (countOf(f) + auxOf(f) + deadPairs(f) == 0) continue;
      const other = otherPlace(f);
      if (penaltyByNorm) addPenalty(f, decoderRow(f), decoderRow(f) + other);
      if (derivesNorms) addNorm(f, decoderRow(f), decoderRow(f) + other);
      if (param(Param.Project) != 0) project(decoderRow(f), decoderRow(f) + other);
      squares = addSquares(squares, decoderRow(f) + other, encoderRow(f) + other);
    }
    f64.store(normSums + <usize>g * 8, squares);
  }
}
