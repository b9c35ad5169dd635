// The JumpReLU SAE: a feature is active where its pre-activation is above its threshold
// (arXiv:2407.14435). What lies within half a bandwidth of the threshold moves it, active or not.
//
//   z    = p + b_enc,   H = 1[z > θ],   K = 1[|z − θ| < ε/2]
//   code = z · H
//   dF   = 2/batch · (error · W_dec), and of the tanh penalty its own
//   dP   = dF · H                       and with a gradient to the input (θ dF + dL0) · K/ε
//   dθ   = −(θ dF + dL0) · K/ε
//
// The tanh is of each code times the norm of its decoder row. Dead features may have a penalty of how far
// they are below their thresholds, by that norm too.
import { use, useClosedAt, usePenaltyOfDead, usePenaltyOfRows } from './architecture';
import { decoderRow, firstExample, penaltyWeight } from './features';
import {
  BLOCK,
  capacity,
  deadSums,
  derivesNorms,
  normGradients,
  PAIR,
  penalty,
  rowCodes,
  vector,
  vectorBytes,
  vectorGradient,
} from './layout';
import { Param, Part, param } from './numbers';
import { decodeOne, projectOne } from './reconstructions';
import { squaredNorm } from './simd';

/** The architecture's own numbers. */
enum Own {
  Bandwidth,
  Form,
  /** The L0 that is aimed at, or the slope of the tanh. */
  Scale,
  ToInput,
}
enum Form {
  Step,
  Quadratic,
  Tanh,
}

// @inline
function own(which: Own): f64 {
  return param(Param.Own + which);
}

// @inline
function normOfRow(feature: i32): f32 {
  return sqrt<f32>(squaredNorm(decoderRow(feature)));
}

/** A little less than where a threshold is moved: rounding decides in the end. */
function closedAt(feature: i32): f32 {
  const threshold = f32.load(vector + <usize>feature * 4 + vectorBytes());
  return threshold - <f32>own(Own.Bandwidth) * 0.5001 - abs(threshold) * 1e-6;
}

function activate(feature: i32, products: usize, rows: i32, pairs: usize): u32 {
  const first = firstExample(feature);
  const at0 = vector + <usize>feature * 4;
  const bEnc = f32.load(at0);
  const threshold = f32.load(at0 + vectorBytes());
  const bandwidth = <f32>own(Own.Bandwidth);
  const isTanh = own(Own.Form) == Form.Tanh;
  const slope = <f32>own(Own.Scale) * (isTanh ? normOfRow(feature) : 1);
  const bias = f32x4.splat(bEnc);
  const least = f32x4.splat(closedAt(feature));
  let at = pairs;
  let sum: f32 = 0;
  for (let b = 0; b < rows; b += 4) {
    // "Not at or below" rather than "above": NaN must show in the loss.
    const closed = f32x4.le(f32x4.add(v128.load(products + <usize>b * 4), bias), least);
    let mask = i32x4.bitmask(closed) ^ 15;
    if (b + 4 > rows) mask &= (1 << (rows - b)) - 1;
    while (mask) {
      const example = <usize>(b + ctz(mask));
      mask &= mask - 1;
      const z = f32.load(products + example * 4) + bEnc;
      const distance = (z - threshold) / bandwidth;
      const isActive = !(z <= threshold || z <= 0);
      if (!isActive && !(distance > -0.5)) continue;
      const code: f32 = isActive ? z : 0;
      if (isActive) sum += isTanh ? <f32>Math.tanh(slope * code) : 1;
      store<u32>(at, first + <u32>(example * BLOCK));
      f32.store(at, code, 4);
      f32.store(at, distance, 16);
      at += PAIR;
    }
  }
  f32.store(penalty + <usize>feature * 4, sum);
  return <u32>((at - pairs) / PAIR);
}

function differentiate(feature: i32, pairs: usize, count: u32): f32 {
  const rows = param(Param.Rows);
  const dError = <f32>((2 * param(Param.Weights + Part.Reconstruction)) / rows);
  const weight = penaltyWeight(feature);
  const form = <i32>own(Own.Form);
  const scale = own(Own.Scale);
  const norm: f32 = form == Form.Tanh ? normOfRow(feature) : 1;
  const slope = <f32>scale * norm;
  let dNorm: f32 = 0;
  const toInput = own(Own.ToInput) != 0;
  const bandwidth = <f32>own(Own.Bandwidth);
  const at0 = vectorGradient + <usize>feature * 4;
  const threshold = f32.load(vector + <usize>feature * 4 + vectorBytes());
  let bEnc: f32 = 0;
  let dThreshold: f32 = 0;
  for (let k: u32 = 0; k < count; k++, pairs += PAIR) {
    const code = f32.load(pairs, 4);
    let dF = dError * f32.load(pairs, 8);
    let dL0: f32 = 0;
    if (form == Form.Step) dL0 = <f32>weight;
    else if (form == Form.Tanh) {
      const t = <f32>Math.tanh(slope * code);
      const steepness = <f32>(weight * scale) * (1 - t * t);
      dF += steepness * norm;
      dNorm += steepness * code;
    } else {
      const row = (<usize>load<u32>(pairs) / BLOCK) % <usize>capacity;
      const l0 = <f64>load<u32>(rowCodes + row * 4);
      dL0 = <f32>(((4 * weight) / scale) * (l0 - scale));
    }
    const distance = f32.load(pairs, 16);
    let dP: f32 = code > 0 ? dF : 0;
    if (distance > -0.5 && distance < 0.5) {
      const near = (threshold * dF + dL0) / bandwidth;
      dThreshold -= near;
      if (toInput) dP += near;
    }
    bEnc += dP;
    f32.store(pairs, dP, 8);
  }
  f32.store(at0, bEnc);
  f32.store(at0 + vectorBytes(), dThreshold);
  if (derivesNorms) f32.store(normGradients + <usize>feature * 4, dNorm);
  return bEnc;
}

/** Of a dead feature all rows on which it is below its threshold. */
function activateDead(feature: i32, products: usize, rows: i32, pairs: usize): u32 {
  const first = firstExample(feature);
  const at0 = vector + <usize>feature * 4;
  const bEnc = f32.load(at0);
  const threshold = f32.load(at0 + vectorBytes());
  let at = pairs;
  let sum: f32 = 0;
  for (let b = 0; b < rows; b++) {
    const missing = threshold - (f32.load(products + <usize>b * 4) + bEnc);
    if (missing <= 0) continue; // NaN goes on, and shows in the loss
    sum += missing;
    store<u32>(at, first + <u32>(<usize>b * BLOCK));
    f32.store(at, 0, 4);
    at += PAIR;
  }
  f32.store(deadSums + <usize>feature * 4, sum);
  return <u32>((at - pairs) / PAIR);
}

function differentiateDead(feature: i32, pairs: usize, count: u32): f32 {
  const weight = <f32>(param(Param.Weights + Part.Dead) / param(Param.Rows));
  const pull = weight * normOfRow(feature);
  for (let k: u32 = 0; k < count; k++, pairs += PAIR) f32.store(pairs, -pull, 8);
  const sum = pull * <f32>count;
  const at0 = vectorGradient + <usize>feature * 4;
  const threshold = at0 + vectorBytes();
  const dNorm = normGradients + <usize>feature * 4;
  f32.store(at0, f32.load(at0) - sum);
  f32.store(threshold, f32.load(threshold) + sum);
  f32.store(dNorm, f32.load(dNorm) + weight * f32.load(deadSums + <usize>feature * 4));
  return -sum;
}

/** Σ over rows of 2/T · (L0 − T)², where an L0 of T is aimed at; -1 where features sum up theirs. */
function missed(rows: i32): f64 {
  if (own(Own.Form) != Form.Quadratic) return -1;
  const target = own(Own.Scale);
  let sum: f64 = 0;
  for (let b = 0; b < rows; b++) {
    const apart = <f64>load<u32>(rowCodes + <usize>b * 4) - target;
    sum += (2 / target) * apart * apart;
  }
  return sum;
}

export function jumprelu(): void {
  useClosedAt(closedAt);
  use(activate, differentiate, decodeOne, projectOne);
  usePenaltyOfRows(missed);
  usePenaltyOfDead(activateDead, differentiateDead);
}
