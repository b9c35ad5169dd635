// The ReLU SAE with a penalty of its codes' p-th powers.
//
//   code = relu(p + b_enc)
//   dP   = (2 · (error · W_dec) + λ · p · code^(p − 1)) / batch
import { use, useClosedAt } from './architecture';
import { penaltyWeight } from './features';
import { PAIR, penalty, vectorGradient } from './layout';
import { Param, Part, param } from './numbers';
import { decodeOne, projectOne } from './reconstructions';
import { activate as activateRelu, floor } from './relu';

/** Of a number above 0. */
// @inline
function power(base: f32, exponent: f64): f32 {
  return <f32>Math.exp(exponent * Math.log(<f64>base));
}

function activate(feature: i32, products: usize, rows: i32, pairs: usize): u32 {
  const count = activateRelu(feature, products, rows, pairs);
  const exponent = param(Param.Own);
  let powers: f32 = 0;
  for (let k: u32 = 0; k < count; k++, pairs += PAIR) {
    const own = power(f32.load(pairs, 4), exponent);
    powers += own;
    f32.store(pairs, own, 16);
  }
  f32.store(penalty + <usize>feature * 4, powers);
  return count;
}

function differentiate(feature: i32, pairs: usize, count: u32): f32 {
  const rows = param(Param.Rows);
  const dError = <f32>((2 * param(Param.Weights + Part.Reconstruction)) / rows);
  const dPower = <f32>(penaltyWeight(feature) * param(Param.Own));
  let bEnc: f32 = 0;
  for (let k: u32 = 0; k < count; k++, pairs += PAIR) {
    const slope = f32.load(pairs, 16) / f32.load(pairs, 4);
    const dP = dError * f32.load(pairs, 8) + dPower * slope;
    bEnc += dP;
    f32.store(pairs, dP, 8);
  }
  f32.store(vectorGradient + <usize>feature * 4, bEnc);
  return bEnc;
}

export function relulp(): void {
  useClosedAt(floor);
  use(activate, differentiate, decodeOne, projectOne);
}
