// Adam as Keras has it, of rows and of single numbers.
//
//   v ← v + (g² − v) (1 − β2)      m ← m + (g − m) (1 − β1)      w ← w − α m / (√v + ε)
//
// New weights are written over the gradient.
import { momentum } from './layout';
import { Param, param } from './numbers';
import { fma, sum } from './simd';

// Numbers of the step, the same for every weight.
let factor: f32 = 1; // what clipping leaves of the gradient
let alpha: f32 = 0;
let rate1: f32 = 1; // 1 − β1
export let rate2: f32 = 0; // 1 − β2
let epsilon: f32 = 0;

/** Reads how fast second moments decay. */
export function readDecay(): void {
  rate2 = <f32>(1 - param(Param.Beta2));
}

/** Reads the step's numbers; each thread does it for itself. Returns the norm after clipping. */
export function prepareUpdate(norm: f64): f64 {
  const clip = param(Param.Clip);
  factor = <f32>(norm > clip ? clip / norm : 1);
  alpha = <f32>param(Param.Alpha);
  rate1 = <f32>(1 - param(Param.Beta1));
  readDecay();
  epsilon = <f32>param(Param.Epsilon);
  return min(norm, clip);
}

/** A row, or so many bytes of what lies together; without momentum there is no `m`. */
export function adamRow(w: usize, g: usize, v: usize, m: usize, bytes: usize): f32 {
  return momentum ? updateRow(w, g, v, m, bytes, true) : updateRow(w, g, v, m, bytes, false);
}

// @inline
function updateRow(w: usize, g: usize, v: usize, m: usize, bytes: usize, moves: bool): f32 {
  const F = f32x4.splat(factor);
  const A = f32x4.splat(alpha);
  const R1 = f32x4.splat(rate1);
  const R2 = f32x4.splat(rate2);
  const E = f32x4.splat(epsilon);
  let squares = f32x4.splat(0);
  for (let o: usize = 0; o < bytes; o += 16) {
    const gradient = f32x4.mul(v128.load(g + o), F);
    let second = v128.load(v + o);
    second = f32x4.add(second, f32x4.mul(f32x4.sub(f32x4.mul(gradient, gradient), second), R2));
    v128.store(v + o, second);
    let first = gradient;
    if (moves) {
      first = v128.load(m + o);
      first = f32x4.add(first, f32x4.mul(f32x4.sub(gradient, first), R1));
      v128.store(m + o, first);
    }
    const by = f32x4.div(f32x4.mul(A, first), f32x4.add(f32x4.sqrt(second), E));
    const u = f32x4.sub(v128.load(w + o), by);
    v128.store(g + o, u);
    squares = fma(u, u, squares);
  }
  return sum(squares);
}

export function adamNumber(w: usize, gradient: f32, v: usize, m: usize): void {
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
