// Adam as Keras has it, then decoder rows of norm 1.
//
//   v ← v + (g² − v) (1 − β2)      m ← m + (g − m) (1 − β1)      w ← w − α m / (√v + ε)
//
// A row's gradient lies in its other place, and its new weights are written over it: what they
// were stays in the first place until the next step's gradients, and can be gone back to.
import {
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
  stride,
  updatedAt,
  vector,
  vectorBefore,
  vectorBytes,
  vectorGradient,
  vectorM,
  vectors,
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

/** Without momentum; `decay` is what the steps without a gradient have left of v. */
function adamRow(w: usize, g: usize, v: usize, decay: f32): f32 {
  const F = f32x4.splat(factor);
  const A = f32x4.splat(alpha);
  const R = f32x4.splat(rate2);
  const E = f32x4.splat(epsilon);
  const K = f32x4.splat(decay);
  let squares = f32x4.splat(0);
  for (let o: usize = 0; o < stride; o += 16) {
    const gradient = f32x4.mul(v128.load(g + o), F);
    let second = f32x4.mul(v128.load(v + o), K);
    second = f32x4.add(second, f32x4.mul(f32x4.sub(f32x4.mul(gradient, gradient), second), R));
    v128.store(v + o, second);
    const by = f32x4.div(f32x4.mul(A, gradient), f32x4.add(f32x4.sqrt(second), E));
    const u = f32x4.sub(v128.load(w + o), by);
    v128.store(g + o, u);
    squares = fma(u, u, squares);
  }
  return sum(squares);
}

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

function adamNumber(w: usize, gradient: f32, v: usize, m: usize, decay: f32): void {
  const g = gradient * factor;
  let second = f32.load(v) * decay;
  second = second + (g * g - second) * rate2;
  f32.store(v, second);
  let first = g;
  if (momentum) {
    first = f32.load(m) + (g - f32.load(m)) * rate1;
    f32.store(m, first);
  }
  f32.store(w, f32.load(w) - (alpha * first) / (sqrt<f32>(second) + epsilon));
}

function unit(row: usize, squares: f32): void {
  const scale = f32x4.splat(1 / sqrt<f32>(max<f32>(squares, SMALLEST)));
  for (let o: usize = 0; o < stride; o += 16) {
    v128.store(row + o, f32x4.mul(v128.load(row + o), scale));
  }
}

/**
 * The rows that are now in the other place become the feature's. Its vectors' entries are updated
 * after it: a thread that is lost between two features, or within one, leaves what can be taken back.
 */
function move(feature: i32, step: u32): void {
  for (let k = 0; k < vectors; k++) {
    const at = <usize>k * vectorBytes() + <usize>feature * 4;
    f32.store(vectorBefore + at, f32.load(vector + at));
  }
  moveRows(feature, step);
}

/** A row of a feature that has no gradient, but whose decoder row may not have norm 1 yet. */
function onlyUnit(feature: i32, step: u32): void {
  const other = otherPlace(feature);
  const w = decoderRow(feature);
  memory.copy(encoderRow(feature) + other, encoderRow(feature), stride);
  memory.copy(w + other, w, stride);
  unit(w + other, squaredNorm(w));
  move(feature, step);
}

function updateFeature(feature: i32, step: u32, active: bool): void {
  const at = <usize>feature * 4;
  const other = otherPlace(feature);
  const w = decoderRow(feature);
  const wEnc = encoderRow(feature);
  const row = <usize>feature * stride;
  let decay: f32 = 1;
  if (momentum) {
    if (!active) {
      memory.fill(w + other, 0, stride);
      memory.fill(wEnc + other, 0, stride);
    }
    adamMomentumRow(wEnc, wEnc + other, encoderV + row, encoderM + row);
    unit(w + other, adamMomentumRow(w, w + other, decoderV + row, decoderM + row));
  } else {
    const missed = step - 1 - load<u32>(updatedAt + at);
    if (missed != 0) decay = <f32>Math.pow(1 - <f64>rate2, <f64>missed);
    adamRow(wEnc, wEnc + other, encoderV + row, decay);
    unit(w + other, adamRow(w, w + other, decoderV + row, decay));
  }
  store<u32>(updatedAt + at, step);
  move(feature, step);
  for (let k = 0; k < vectors; k++) {
    const own = <usize>k * vectorBytes() + at;
    const gradient: f32 = active ? f32.load(vectorGradient + own) : 0;
    adamNumber(vector + own, gradient, vectorV + own, vectorM + own, decay);
  }
}

/** Reads the step's numbers; each thread does it for itself. */
export function prepareUpdate(norm: f64): void {
  const clip = param(Param.Clip);
  factor = <f32>(norm > clip ? clip / norm : 1);
  alpha = <f32>param(Param.Alpha);
  rate1 = <f32>(1 - param(Param.Beta1));
  rate2 = <f32>(1 - param(Param.Beta2));
  epsilon = <f32>param(Param.Epsilon);
}

/** Updates group after group of features, as long as there are some. */
export function update(kind: usize): void {
  const step = <u32>param(Param.Step);
  const first = param(Param.First) != 0;
  const groups = (features + GRADIENT_GROUP - 1) / GRADIENT_GROUP;
  for (let g = next(kind); g < groups; g = next(kind)) {
    const to = min((g + 1) * GRADIENT_GROUP, features);
    for (let f = g * GRADIENT_GROUP; f < to; f++) {
      const active = load<u32>(pairCount + <usize>f * 4) != 0;
      // Without momentum a feature without a gradient stays where it is, and v decays later.
      if (active || momentum) updateFeature(f, step, active);
      else if (first) onlyUnit(f, step);
    }
  }
}

/** Updates b_dec; called by one thread. */
export function updateBias(): void {
  memory.copy(biasBefore, bias, stride);
  store<u32>(biasMovedAt, <u32>param(Param.Step));
  for (let o: usize = 0; o < stride; o += 4) {
    const gradient = f32.load(biasGradient + o);
    adamNumber(bias + o, gradient, biasV + o, biasM + o, 1);
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
  const rate = 1 - param(Param.Beta2);
  for (let f = 0; f < features; f++) {
    const at = <usize>f * 4;
    const since = load<u32>(updatedAt + at);
    // A step that was lost on its way may have updated it already.
    if (since >= step || momentum) continue;
    const missed = step - since;
    store<u32>(updatedAt + at, step);
    const decay = <f32>Math.pow(1 - rate, <f64>missed);
    const K = f32x4.splat(decay);
    const row = <usize>f * stride;
    for (let o: usize = 0; o < stride; o += 16) {
      v128.store(encoderV + row + o, f32x4.mul(v128.load(encoderV + row + o), K));
      v128.store(decoderV + row + o, f32x4.mul(v128.load(decoderV + row + o), K));
    }
    for (let k = 0; k < vectors; k++) {
      const own = vectorV + <usize>k * vectorBytes() + at;
      f32.store(own, f32.load(own) * decay);
    }
  }
}
