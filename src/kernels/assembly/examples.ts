// What surrounds the decoder: rows before it, errors after it.
import { decode, project } from './architecture';
import {
  BLOCK,
  bias,
  blocks,
  capacity,
  channels,
  chunks,
  errors,
  group,
  listCount,
  listStart,
  Param,
  PIECE,
  param,
  pieceColumns,
  pieceSums,
  stride,
  target,
  threads,
  x,
  xPairs,
} from './layout';
import { sum } from './simd';
import { next } from './threads';

/** xc = x − b_dec in the order of the encoder's product, and each error's start: b_dec − target. */
export function centre(thread: i32, rows: i32, training: bool): void {
  const targets = param(Param.HasTarget) != 0 ? target : x;
  const from = (rows * thread) / threads;
  const to = (rows * (thread + 1)) / threads;
  for (let b = from; b < to; b++) {
    const row = x + <usize>b * stride;
    const wanted = targets + <usize>b * stride;
    const pair = xPairs + <usize>(b >> 1) * 2 * stride + <usize>(b & 1) * 16;
    const error = errors + <usize>b * channels * stride;
    const block = blocks + <usize>b * BLOCK + 64;
    for (let o: usize = 0; o < stride; o += 16) {
      const centreOf = v128.load(bias + o);
      const xc = f32x4.sub(v128.load(row + o), centreOf);
      v128.store(pair + 2 * o, xc);
      if (training) v128.store(block + (o >> 6) * <usize>capacity * BLOCK + (o & 63), xc);
      const start = f32x4.sub(centreOf, v128.load(wanted + o));
      for (let channel: usize = 0; channel < channels; channel++) {
        v128.store(error + o * channels + channel * 16, start);
      }
    }
  }
}

/** The sums of squared errors of one example, and its part of the reconstruction's gradient. */
function measure(b: i32, sums: usize, columns: usize, scale: v128, training: bool): void {
  const error = errors + <usize>b * channels * stride;
  const block = blocks + <usize>b * BLOCK;
  let first = f32x4.splat(0);
  let second = first;
  for (let o: usize = 0; o < stride; o += 16) {
    const e = v128.load(error + o * channels);
    first = f32x4.add(first, f32x4.mul(e, e));
    if (channels == 2) {
      const e2 = v128.load(error + o * 2, 16);
      second = f32x4.add(second, f32x4.mul(e2, e2));
    }
    if (training) {
      const gradient = f32x4.mul(e, scale);
      v128.store(block + (o >> 6) * <usize>capacity * BLOCK + (o & 63), gradient);
      v128.store(columns + o, f32x4.add(v128.load(columns + o), gradient));
    }
  }
  f64.store(sums, f64.load(sums) + <f64>sum(first));
  f64.store(sums, f64.load(sums, 8) + <f64>sum(second), 8);
}

/** Decodes group after group, as long as there are some; in training back to the dot products. */
export function reconstruct(kind: usize, rows: i32, training: bool): void {
  const scale = f32x4.splat(<f32>(2 / <f64>rows));
  const groups = (rows + group - 1) / group;
  for (let g = next(kind); g < groups; g = next(kind)) {
    const from = g * group;
    const to = min(from + group, rows);
    // A chunk's rows of the dictionary stay in the cache for the whole group.
    for (let c = 0; c < chunks; c++) {
      for (let b = from; b < to; b++) {
        const list = <usize>(c * capacity + b) * 4;
        const count = load<u32>(listCount + list);
        if (count == 0) continue;
        decode(load<u32>(listStart + list), count, errors + <usize>b * channels * stride);
      }
    }
    for (let b = from; b < to; b++) {
      const piece = <usize>(b / PIECE);
      const sums = pieceSums + piece * 16;
      const columns = pieceColumns + piece * stride;
      if (b % PIECE == 0) {
        memory.fill(sums, 0, 16);
        if (training) memory.fill(columns, 0, stride);
      }
      measure(b, sums, columns, scale, training);
    }
    if (!training) continue;
    for (let c = 0; c < chunks; c++) {
      for (let b = from; b < to; b++) {
        const list = <usize>(c * capacity + b) * 4;
        const count = load<u32>(listCount + list);
        if (count == 0) continue;
        project(load<u32>(listStart + list), count, errors + <usize>b * channels * stride);
      }
    }
  }
}
