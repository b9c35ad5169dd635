// The Gated SAE: a feature is active where its gate is open (arXiv:2404.16014, section 3.2).
//
//   pi    = p + b_gate, open where it is above 0
//   code  = relu(p · exp(r_mag) + b_mag)
//   dF    = 2/batch · (error · W_dec), where the code is above 0
//   dPi   = (2 α · (auxiliary error · W_dec) + λ) / batch
//   dP    = dF · exp(r_mag) + dPi
//
// As SAELens has it, the norm of a feature's decoder row times λ stands for λ, and the decoder has a
// gradient of the penalty and of the auxiliary error too.
import { use } from './architecture';
import { penaltyWeight } from './features';
import { BLOCK, PAIR, penalty, secondTrains, vector, vectorBytes, vectorGradient } from './layout';
import { Param, Part, param } from './numbers';
import { decodeTwo, projectTwo } from './reconstructions';

function activate(feature: i32, products: usize, rows: i32, pairs: usize): u32 {
  const own = vector + <usize>feature * 4;
  const bGate = f32.load(own);
  const scale = <f32>Math.exp(f32.load(own + vectorBytes()));
  const bMag = f32.load(own + 2 * vectorBytes());
  const bias = f32x4.splat(bGate);
  const zero = f32x4.splat(0);
  let at = pairs;
  let open: f32 = 0;
  for (let b = 0; b < rows; b += 4) {
    // "Not at or below zero" rather than "above": NaN must show in the loss.
    const closed = f32x4.le(f32x4.add(v128.load(products + <usize>b * 4), bias), zero);
    let mask = i32x4.bitmask(closed) ^ 15;
    if (b + 4 > rows) mask &= (1 << (rows - b)) - 1;
    while (mask) {
      const example = <usize>(b + ctz(mask));
      mask &= mask - 1;
      const p = f32.load(products + example * 4);
      const pi = p + bGate;
      open += pi;
      store<u32>(at, <u32>(example * BLOCK));
      f32.store(at, max<f32>(p * scale + bMag, 0), 4);
      f32.store(at, pi, 8);
      f32.store(at, p, 16);
      at += PAIR;
    }
  }
  f32.store(penalty + <usize>feature * 4, open);
  return <u32>((at - pairs) / PAIR);
}

function differentiate(feature: i32, pairs: usize, count: u32): f32 {
  const rows = param(Param.Rows);
  const dError = <f32>((2 * param(Param.Weights + Part.Reconstruction)) / rows);
  const dAux = <f32>((2 * param(Param.Weights + Part.Second)) / rows);
  const dOpen = <f32>penaltyWeight(feature);
  const values = vector + <usize>feature * 4;
  const bias = f32.load(values);
  const scale = <f32>Math.exp(f32.load(values + vectorBytes()));
  let bGate: f32 = 0;
  let rMag: f32 = 0;
  let bMag: f32 = 0;
  for (let k: u32 = 0; k < count; k++, pairs += PAIR) {
    const dF: f32 = f32.load(pairs, 4) > 0 ? dError * f32.load(pairs, 8) : 0;
    const dPi = dAux * f32.load(pairs, 12) + dOpen;
    const dScaled = dF * scale;
    bGate += dPi;
    rMag += dScaled * f32.load(pairs, 16);
    bMag += dF;
    f32.store(pairs, dScaled + dPi, 8);
    // As the second reconstruction was made of it.
    if (secondTrains) f32.store(pairs, f32.load(pairs, 16) + bias, 12);
  }
  const own = vectorGradient + <usize>feature * 4;
  f32.store(own, bGate);
  f32.store(own + vectorBytes(), rMag);
  f32.store(own + 2 * vectorBytes(), bMag);
  return bMag * scale + bGate;
}

export function gated(): void {
  use(activate, differentiate, decodeTwo, projectTwo);
}
