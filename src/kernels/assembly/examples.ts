// What surrounds the decoder: rows before it, errors after it.
import { countsCodes, decode, project } from './architecture';
import {
  BLOCK,
  bias,
  blocks,
  capacity,
  centred,
  channels,
  chunks,
  ENTRY,
  errors,
  examples,
  group,
  levels,
  listCount,
  listStart,
  PIECE,
  pieceColumns,
  pieceResiduals,
  pieceSums,
  prefixes,
  prefixWeights,
  rowCodes,
  secondBlocks,
  secondTrains,
  skipBlocks,
  stride,
  target,
  threads,
  x,
  xPairs,
  xRows,
} from './layout';
import { Param, Part, param } from './numbers';
import { screenRow } from './screen';
import { fma, sum } from './simd';
import { addSkip } from './skip';
import { next } from './threads';

/** xc = x − b_dec, or x where it is not centred, in the order of the encoder's product, and each error's start: b_dec − target. */
export function centre(thread: i32, rows: i32, training: bool): void {
  const screens = param(Param.Screened) != 0;
  const targets = param(Param.HasTarget) != 0 ? target : x;
  const from = (rows * thread) / threads;
  const to = (rows * (thread + 1)) / threads;
  for (let b = from; b < to; b++) {
    const row = x + <usize>b * stride;
    const wanted = targets + <usize>b * stride;
    const pair = xPairs + <usize>(b >> 1) * 2 * stride + <usize>(b & 1) * 16;
    const own = xRows + <usize>b * stride;
    const error = errors + <usize>b * channels * stride;
    const block = blocks + <usize>b * BLOCK + 64;
    for (let o: usize = 0; o < stride; o += 16) {
      const centreOf = v128.load(bias + o);
      let xc = v128.load(row + o);
      if (centred) xc = f32x4.sub(xc, centreOf);
      v128.store(pair + 2 * o, xc);
      if (screens) v128.store(own + o, xc);
      if (training) {
        let level = block + (o >> 6) * <usize>examples * BLOCK + (o & 63);
        for (let l = 0; l < levels; l++, level += <usize>capacity * BLOCK) v128.store(level, xc);
      }
      const start = f32x4.sub(centreOf, v128.load(wanted + o));
      for (let channel: usize = 0; channel < channels; channel++) {
        v128.store(error + o * channels + channel * 16, start);
      }
    }
    if (screens) screenRow(b);
  }
}

/**
 * The sums of squared errors of an example at one level, and in training its part of the
 * reconstruction's gradient. That is summed up in `columns`, and the errors are in `residuals`, where
 * these are no 0.
 */
function measure(
  example: i32,
  sums: usize,
  columns: usize,
  residuals: usize,
  scale: v128,
  training: bool,
): void {
  const error = errors + <usize>example * channels * stride;
  const block = blocks + <usize>example * BLOCK;
  const secondBlock = secondBlocks + <usize>example * 64;
  const secondScale = f32x4.splat(
    <f32>((2 * param(Param.Weights + Part.Second)) / param(Param.Rows)),
  );
  let first = f32x4.splat(0);
  let second = first;
  for (let o: usize = 0; o < stride; o += 16) {
    const e = v128.load(error + o * channels);
    first = f32x4.add(first, f32x4.mul(e, e));
    if (channels == 2) {
      const e2 = v128.load(error + o * 2, 16);
      second = f32x4.add(second, f32x4.mul(e2, e2));
      if (secondTrains && training) {
        const gradient = f32x4.mul(e2, secondScale);
        v128.store(secondBlock + (o >> 6) * <usize>capacity * 64 + (o & 63), gradient);
        v128.store(columns + o, f32x4.add(v128.load(columns + o), gradient));
      }
    }
    if (training) {
      const gradient = f32x4.mul(e, scale);
      v128.store(block + (o >> 6) * <usize>examples * BLOCK + (o & 63), gradient);
      if (columns != 0) v128.store(columns + o, f32x4.add(v128.load(columns + o), gradient));
    }
    if (residuals != 0) v128.store(residuals + o, f32x4.add(v128.load(residuals + o), e));
  }
  f64.store(sums, f64.load(sums) + <f64>sum(first));
  f64.store(sums, f64.load(sums, 8) + <f64>sum(second), 8);
}

/**
 * From the errors of an example's prefixes to what a code of each is answerable for: the weighted sum of
 * the errors of its own and all larger prefixes; and their parts of the reconstruction's gradient.
 */
function sumOverPrefixes(b: i32, columns: usize, scale: v128): void {
  for (let level = prefixes - 1; level >= 0; level--) {
    const error = errors + <usize>(level * capacity + b) * stride;
    const larger = error + <usize>capacity * stride;
    const block = blocks + <usize>(level * capacity + b) * BLOCK;
    const isLast = level == prefixes - 1;
    const weight = f32x4.splat(<f32>f64.load(prefixWeights + <usize>level * 8));
    for (let o: usize = 0; o < stride; o += 16) {
      let e = v128.load(error + o);
      if (!isLast) {
        e = fma(weight, e, v128.load(larger + o));
        v128.store(error + o, e);
      }
      const gradient = f32x4.mul(e, scale);
      v128.store(block + (o >> 6) * <usize>examples * BLOCK + (o & 63), gradient);
      if (level == 0) v128.store(columns + o, f32x4.add(v128.load(columns + o), gradient));
    }
  }
}

/** Decodes, or projects, the lists of some rows at one level. A chunk's rows of the dictionary stay in the cache for all. */
function goThrough(level: i32, from: i32, to: i32, decodes: bool): void {
  for (let c = 0; c < chunks; c++) {
    for (let b = from; b < to; b++) {
      const example = level * capacity + b;
      const list = <usize>(c * examples + example) * 4;
      const count = load<u32>(listCount + list);
      if (count == 0) continue;
      const error = errors + <usize>example * channels * stride;
      if (decodes) decode(load<u32>(listStart + list), count, error);
      else project(load<u32>(listStart + list), count, error);
    }
  }
}

/** Counts a row's codes above 0. */
function countCodes(b: i32): void {
  let codes: u32 = 0;
  for (let c = 0; c < chunks; c++) {
    for (let level = 0; level < prefixes; level++) {
      const list = <usize>(c * examples + level * capacity + b) * 4;
      let entry = <usize>load<u32>(listStart + list);
      const end = entry + <usize>load<u32>(listCount + list) * ENTRY;
      for (; entry < end; entry += ENTRY) codes += u32(f32.load(entry, 4) > 0);
    }
  }
  store<u32>(rowCodes + <usize>b * 4, codes);
}

/** Decodes group after group, as long as there are some; in training back to the dot products. */
export function reconstruct(kind: usize, rows: i32, training: bool, revives: bool): void {
  const scale = f32x4.splat(<f32>((2 * param(Param.Weights + Part.Reconstruction)) / <f64>rows));
  const revivalScale = f32x4.splat(<f32>(2 / <f64>rows));
  const several = prefixes > 1;
  const used = prefixes + (revives ? 1 : 0);
  const pieces = (capacity + PIECE - 1) / PIECE;
  const groups = (rows + group - 1) / group;
  for (let g = next(kind); g < groups; g = next(kind)) {
    const from = g * group;
    const to = min(from + group, rows);
    if (skipBlocks != 0) addSkip(from, to);
    for (let level = 0; level < used; level++) {
      const isRevival = level == prefixes;
      // A level goes on from what the one before it has left.
      if (level > 0) {
        const at = errors + <usize>(level * capacity + from) * channels * stride;
        const before = at - <usize>capacity * channels * stride;
        memory.copy(at, before, <usize>(to - from) * channels * stride);
      }
      goThrough(level, from, to, true);
      for (let b = from; b < to; b++) {
        const piece = <usize>(b / PIECE);
        const sums = pieceSums + (<usize>(level * pieces) + piece) * 16;
        const columns: usize = isRevival || !training ? 0 : pieceColumns + piece * stride;
        const isWhole = level == prefixes - 1;
        const residuals: usize = isWhole && revives ? pieceResiduals + piece * stride : 0;
        if (b % PIECE == 0) {
          memory.fill(sums, 0, 16);
          if (columns != 0) memory.fill(columns, 0, stride);
          if (residuals != 0) memory.fill(residuals, 0, stride);
        }
        measure(
          level * capacity + b,
          sums,
          several ? <usize>0 : columns,
          residuals,
          isRevival ? revivalScale : scale,
          training && (isRevival || !several),
        );
      }
    }
    if (countsCodes) for (let b = from; b < to; b++) countCodes(b);
    if (!training) continue;
    for (let b = from; several && b < to; b++) {
      sumOverPrefixes(b, pieceColumns + <usize>(b / PIECE) * stride, scale);
    }
    for (let level = 0; level < used; level++) goThrough(level, from, to, false);
  }
}
