// Adam as Keras has it, then decoder rows of norm 1.
//
//   v ← v + (g² − v) (1 − β2)      m ← m + (g − m) (1 − β1)      w ← w − α m / (√v + ε)
//
// A feature without a gradient has its v decay by as many steps of that as it has missed, when it is
// next active or looked at: the same numbers as if each step had touched it. So it makes no difference
// when that is.
//
// A row's gradient lies in its other place, and its new weights are written over it: what they
// were stays in the first place until the next step's gradients, and can be gone back to.
import {
  auxCount,
  bias,
  biasBefore,
  biasGradient,
  biasM,
  biasMovedAt,
  biasV,
  decoderM,
  decoderRow,
  decoderV,
  encoderM,
  encoderRow,
  encoderV,
  features,
  GRADIENT_GROUP,
  momentum,
  movedAt,
  moveRows,
  otherPlace,
  Param,
  pairCount,
  param,
  Result,
  report,
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
import { fma, squaredNorm, sum } from './simd';
import { next } from './threads';

/** Below this squared norm a row counts as zero (TensorFlow's l2_normalize). */
const SMALLEST: f32 = 1e-12;

// Numbers of the step, the same for every weight.
let factor: f32 = 1; // what clipping leaves of the gradient
let alpha: f32 = 0;
let rate1: f32 = 1; // 1 − β1
let rate2: f32 = 0; // 1 − β2
let epsilon: f32 = 0;
let unitRows: bool = true;

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

/** Without momentum. */
// @inline
function adamRow(w: usize, g: usize, v: usize): f32 {
  const F = f32x4.splat(factor);
  const A = f32x4.splat(alpha);
  const R = f32x4.splat(rate2);
  const E = f32x4.splat(epsilon);
  let squares = f32x4.splat(0);
  for (let o: usize = 0; o < stride; o += 16) {
    const gradient = f32x4.mul(v128.load(g + o), F);
    let second = v128.load(v + o);
    second = f32x4.add(second, f32x4.mul(f32x4.sub(f32x4.mul(gradient, gradient), second), R));
    v128.store(v + o, second);
    const by = f32x4.div(f32x4.mul(A, gradient), f32x4.add(f32x4.sqrt(second), E));
    const u = f32x4.sub(v128.load(w + o), by);
    v128.store(g + o, u);
    squares = fma(u, u, squares);
  }
  return sum(squares);
}

// @inline
function adamMomentumRow(w: usize, g: usize, v: usize, m: usize): f32 {
  const F = f32x4.splat(factor);
  const A = f32x4.splat(alpha);
  const R1 = f32x4.splat(rate1);
  const R2 = f32x4.splat(rate2);
  const E = f32x4.splat(epsilon);
  let squares = f32x4.splat(0);
  for (let o: usize = 0; o < stride; o += 16) {
    const gradient = f32x4.mul(v128.load(g + o), F);
    let second = v128.load(v + o);
    second = f32x4.add(second, f32x4.mul(f32x4.sub(f32x4.mul(gradient, gradient), second), R2));
    v128.store(v + o, second);
    let first = v128.load(m + o);
    first = f32x4.add(first, f32x4.mul(f32x4.sub(gradient, first), R1));
    v128.store(m + o, first);
    const by = f32x4.div(f32x4.mul(A, first), f32x4.add(f32x4.sqrt(second), E));
    const u = f32x4.sub(v128.load(w + o), by);
    v128.store(g + o, u);
    squares = fma(u, u, squares);
  }
  return sum(squares);
}

function adamNumber(w: usize, gradient: f32, v: usize, m: usize): void {
  const g = gradient * factor;
  let second = f32.load(v);
  second = second + (g * g - second) * rate2;
  f32.store(v, second);
  let first = g;
  if (momentum) {
    first = f32.load(m) + (g - f32.load(m)) * rate1;
    f32.store(m, first);
  }
  f32.store(w, f32.load(w) - (alpha * first) / (sqrt<f32>(second) + epsilon));
}

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
  if (momentum) {
    if (!active) {
      memory.fill(w + other, 0, stride);
      memory.fill(wEnc + other, 0, stride);
    }
    adamMomentumRow(wEnc, wEnc + other, encoderV + row, encoderM + row);
    unit(w + other, adamMomentumRow(w, w + other, decoderV + row, decoderM + row));
  } else {
    catchUpFeature(feature, step - 1);
    adamRow(wEnc, wEnc + other, encoderV + row);
    unit(w + other, adamRow(w, w + other, decoderV + row));
  }
  store<u32>(updatedAt + at, step);
  move(feature, step);
  for (let k = 0; k < vectors; k++) {
    const own = <usize>k * vectorBytes() + at;
    const gradient: f32 = active ? f32.load(vectorGradient + own) : 0;
    adamNumber(vector + own, gradient, vectorV + own, vectorM + own);
  }
  bound(feature, true);
}

/** Reads the step's numbers; each thread does it for itself. Returns the norm after clipping. */
export function prepareUpdate(norm: f64): f64 {
  const clip = param(Param.Clip);
  factor = <f32>(norm > clip ? clip / norm : 1);
  alpha = <f32>param(Param.Alpha);
  rate1 = <f32>(1 - param(Param.Beta1));
  rate2 = <f32>(1 - param(Param.Beta2));
  epsilon = <f32>param(Param.Epsilon);
  unitRows = param(Param.UnitRows) != 0;
  return min(norm, clip);
}

/** Updates group after group of features, as long as there are some. */
export function update(kind: usize): void {
  const step = <u32>param(Param.Step);
  const first = param(Param.First) != 0;
  const groups = (features + GRADIENT_GROUP - 1) / GRADIENT_GROUP;
  for (let g = next(kind); g < groups; g = next(kind)) {
    const to = min((g + 1) * GRADIENT_GROUP, features);
    for (let f = g * GRADIENT_GROUP; f < to; f++) {
      const at = <usize>f * 4;
      const active = (load<u32>(pairCount + at) | load<u32>(auxCount + at)) != 0;
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
  if (load<u32>(biasMovedAt) != step) return;
  store<u32>(biasMovedAt, 0);
  memory.copy(bias, biasBefore, stride);
}

/** Brings every v up to date, as far as steps without a gradient have left it behind. */
export function catchUp(step: u32): void {
  rate2 = <f32>(1 - param(Param.Beta2));
  if (momentum) return;
  for (let f = 0; f < features; f++) catchUpFeature(f, step);
}
