// Adam of features and of b_dec, then decoder rows of norm 1.
//
// A feature without a gradient has its v decay by as many steps of that as it has missed, when it is
// next active or looked at: the same numbers as if each step had touched it. So it makes no difference
// when that is.
//
// A row's gradient lies in its other place, and its new weights are written over it: what they
// were stays in the first place until the next step's gradients, and can be gone back to.
import { adamNumber, adamRow, rate2, readDecay } from './adam';
import { deadPairs, decoderRow, encoderRow, movedAt, moveRows, otherPlace } from './features';
import {
  auxCount,
  bias,
  biasBefore,
  biasGradient,
  biasM,
  biasMovedAt,
  biasV,
  decoderM,
  decoderV,
  encoderM,
  encoderV,
  featureGroups,
  features,
  GRADIENT_GROUP,
  momentum,
  pairCount,
  stride,
  updatedAt,
  vector,
  vectorBefore,
  vectorBytes,
  vectorGradient,
  vectorM,
  vectors,
  vectorsLeast,
  vectorV,
} from './layout';
import { Param, param, Result, report } from './numbers';
import { screenFeature } from './screen';
import { squaredNorm } from './simd';
import { takeSkipBack } from './skip';
import { next } from './threads';

/** Below this squared norm a row counts as zero (TensorFlow's l2_normalize). */
const SMALLEST: f32 = 1e-12;

let unitRows: bool = true;
/** Whether all features are screened. */
let screensAll: bool = false;

/**
 * How far a row's squared norm may be from 1 for the row to stay as it is where nothing has moved it:
 * to divide once more would change it in its last digits.
 */
const NEAR_ONE: f32 = 1e-4;

/** Steps by which a v is behind at most: whoever looks at all of them need not wait for long. */
const MOST_MISSED: u32 = 32;

/**
 * Where a v counts as zero: far below any ε², and above numbers of few digits, which are a hundred
 * times as slow and on which it would end.
 */
const VANISHED: f32 = 1e-36;

// @inline
function unit(row: usize, squares: f32): void {
  if (!unitRows) return;
  if (squares < SMALLEST && squares > 0) report(Result.Short, 1);
  const scale = f32x4.splat(1 / sqrt<f32>(max<f32>(squares, SMALLEST)));
  for (let o: usize = 0; o < stride; o += 16) {
    v128.store(row + o, f32x4.mul(v128.load(row + o), scale));
  }
}

/**
 * The rows that are now in the other place become the feature's. Its vectors' entries are updated
 * after it: a thread that is lost between two features, or within one, leaves what can be taken back.
 */
// @inline
function move(feature: i32, step: u32): void {
  for (let k = 0; k < vectors; k++) {
    const at = <usize>k * vectorBytes() + <usize>feature * 4;
    f32.store(vectorBefore + at, f32.load(vector + at));
  }
  moveRows(feature, step);
}

/** Has a feature's entries of the vectors be no less than they may be; returns whether they were. */
function bound(feature: i32, changes: bool): bool {
  let isBounded = true;
  for (let k = 0; k < vectors; k++) {
    const own = vector + <usize>k * vectorBytes() + <usize>feature * 4;
    const least = f32.load(vectorsLeast + <usize>k * 4);
    if (!(f32.load(own) < least)) continue; // not of NaN, which must show
    isBounded = false;
    if (changes) f32.store(own, least);
  }
  return isBounded;
}

/** Of a feature that has no gradient: its decoder row may not have norm 1 yet, nor be its vectors bounded. */
function onlyNormalise(feature: i32, step: u32): void {
  const other = otherPlace(feature);
  const w = decoderRow(feature);
  const squares = squaredNorm(w);
  const isUnit = !unitRows || abs<f32>(squares - 1) < NEAR_ONE;
  if (isUnit && bound(feature, false)) return;
  memory.copy(encoderRow(feature) + other, encoderRow(feature), stride);
  memory.copy(w + other, w, stride);
  if (!isUnit) unit(w + other, squares);
  move(feature, step);
  bound(feature, true);
}

// @inline
function vanish(v: v128): v128 {
  return v128.and(v, f32x4.ge(v, f32x4.splat(VANISHED)));
}

/** Sixteen columns of both of a feature's rows, so many steps without a gradient. */
function decay(a: usize, b: usize, steps: u32): void {
  const R = f32x4.splat(rate2);
  let a0 = v128.load(a);
  let a1 = v128.load(a, 16);
  let a2 = v128.load(a, 32);
  let a3 = v128.load(a, 48);
  let b0 = v128.load(b);
  let b1 = v128.load(b, 16);
  let b2 = v128.load(b, 32);
  let b3 = v128.load(b, 48);
  for (; steps != 0; steps--) {
    a0 = f32x4.sub(a0, f32x4.mul(a0, R));
    a1 = f32x4.sub(a1, f32x4.mul(a1, R));
    a2 = f32x4.sub(a2, f32x4.mul(a2, R));
    a3 = f32x4.sub(a3, f32x4.mul(a3, R));
    b0 = f32x4.sub(b0, f32x4.mul(b0, R));
    b1 = f32x4.sub(b1, f32x4.mul(b1, R));
    b2 = f32x4.sub(b2, f32x4.mul(b2, R));
    b3 = f32x4.sub(b3, f32x4.mul(b3, R));
  }
  v128.store(a, vanish(a0));
  v128.store(a, vanish(a1), 16);
  v128.store(a, vanish(a2), 32);
  v128.store(a, vanish(a3), 48);
  v128.store(b, vanish(b0));
  v128.store(b, vanish(b1), 16);
  v128.store(b, vanish(b2), 32);
  v128.store(b, vanish(b3), 48);
}

/** Has a feature's v decay by the steps that it has missed, up to this one. */
function catchUpFeature(feature: i32, step: u32): void {
  const at = <usize>feature * 4;
  const since = load<u32>(updatedAt + at);
  // A step that was lost on its way may have updated it already.
  if (since >= step) return;
  store<u32>(updatedAt + at, step);
  const row = <usize>feature * stride;
  for (let o = row; o < row + stride; o += 64) decay(encoderV + o, decoderV + o, step - since);
  for (let k = 0; k < vectors; k++) {
    const own = vectorV + <usize>k * vectorBytes() + at;
    let v = f32.load(own);
    for (let i = since; i != step; i++) v -= v * rate2;
    f32.store(own, v < VANISHED ? 0 : v);
  }
}

function updateFeature(feature: i32, step: u32, active: bool): void {
  const at = <usize>feature * 4;
  const other = otherPlace(feature);
  const w = decoderRow(feature);
  const wEnc = encoderRow(feature);
  const row = <usize>feature * stride;
  if (!momentum) catchUpFeature(feature, step - 1);
  else if (!active) {
    memory.fill(w + other, 0, stride);
    memory.fill(wEnc + other, 0, stride);
  }
  adamRow(wEnc, wEnc + other, encoderV + row, encoderM + row, stride);
  unit(w + other, adamRow(w, w + other, decoderV + row, decoderM + row, stride));
  store<u32>(updatedAt + at, step);
  move(feature, step);
  for (let k = 0; k < vectors; k++) {
    const own = <usize>k * vectorBytes() + at;
    const gradient: f32 = active ? f32.load(vectorGradient + own) : 0;
    adamNumber(vector + own, gradient, vectorV + own, vectorM + own);
  }
  bound(feature, true);
  // While the row is still in the cache.
  if (screensAll) screenFeature(feature);
}

/** Updates group after group of features, as long as there are some. */
export function update(kind: usize): void {
  const step = <u32>param(Param.Step);
  const first = param(Param.First) != 0;
  unitRows = param(Param.UnitRows) != 0;
  screensAll = param(Param.Screened) == 1;
  for (let g = next(kind); g < featureGroups; g = next(kind)) {
    const to = min((g + 1) * GRADIENT_GROUP, features);
    for (let f = g * GRADIENT_GROUP; f < to; f++) {
      const at = <usize>f * 4;
      const active = (load<u32>(pairCount + at) | load<u32>(auxCount + at) | deadPairs(f)) != 0;
      // Without momentum a feature without a gradient stays where it is, and v decays later.
      if (active || momentum) {
        updateFeature(f, step, active);
        continue;
      }
      if (first) onlyNormalise(f, step);
      // Not this step's own decay: it may be taken back.
      if ((<u32>f + step) % MOST_MISSED == 0) catchUpFeature(f, step - 1);
    }
  }
}

/** Updates b_dec; called by one thread. */
export function updateBias(): void {
  memory.copy(biasBefore, bias, stride);
  store<u32>(biasMovedAt, <u32>param(Param.Step));
  for (let o: usize = 0; o < stride; o += 4) {
    const gradient = f32.load(biasGradient + o);
    adamNumber(bias + o, gradient, biasV + o, biasM + o);
  }
}

/** Goes back to the weights from before a step, as far as it has come. */
export function takeBack(step: u32): void {
  for (let f = 0; f < features; f++) {
    const at = <usize>f * 4;
    if (movedAt(f) != step) continue;
    moveRows(f, 0);
    for (let k = 0; k < vectors; k++) {
      const own = <usize>k * vectorBytes() + at;
      f32.store(vector + own, f32.load(vectorBefore + own));
    }
  }
  takeSkipBack(step);
  if (load<u32>(biasMovedAt) != step) return;
  store<u32>(biasMovedAt, 0);
  memory.copy(bias, biasBefore, stride);
}

/** Brings every v up to date, as far as steps without a gradient have left it behind. */
export function catchUp(step: u32): void {
  readDecay();
  if (momentum) return;
  for (let f = 0; f < features; f++) catchUpFeature(f, step);
}
