// The ReLU SAE: a feature is active where its code is above 0. And TopK and BatchTopK, which have no λ:
// it is active where its code is also among the largest of its row, or of the batch.
//
//   code = relu(p + b_enc)
//   dP   = (2 · (error · W_dec) + λ) / batch
import { Selection, use, useClosedAt } from './architecture';
import { firstExample, penaltyWeight } from './features';
import { BLOCK, PAIR, penalty, vector, vectorGradient } from './layout';
import { Param, Part, param } from './numbers';
import { decodeOne, projectOne } from './reconstructions';

export function activate(feature: i32, products: usize, rows: i32, pairs: usize): u32 {
  const first = firstExample(feature);
  const bEnc = f32.load(vector + <usize>feature * 4);
  const bias = f32x4.splat(bEnc);
  const least = f32x4.splat(floor(feature));
  let at = pairs;
  let codes: f32 = 0;
  for (let b = 0; b < rows; b += 4) {
    // "Not at or below" rather than "above": NaN must show in the loss.
    const closed = f32x4.le(f32x4.add(v128.load(products + <usize>b * 4), bias), least);
    let mask = i32x4.bitmask(closed) ^ 15;
    if (b + 4 > rows) mask &= (1 << (rows - b)) - 1;
    while (mask) {
      const example = <usize>(b + ctz(mask));
      mask &= mask - 1;
      const code = f32.load(products + example * 4) + bEnc;
      codes += code;
      store<u32>(at, first + <u32>(example * BLOCK));
      f32.store(at, code, 4);
      at += PAIR;
    }
  }
  f32.store(penalty + <usize>feature * 4, codes);
  return <u32>((at - pairs) / PAIR);
}

function differentiate(feature: i32, pairs: usize, count: u32): f32 {
  const rows = param(Param.Rows);
  const dError = <f32>((2 * param(Param.Weights + Part.Reconstruction)) / rows);
  const dCode = <f32>penaltyWeight(feature);
  let bEnc: f32 = 0;
  for (let k: u32 = 0; k < count; k++, pairs += PAIR) {
    const dP = dError * f32.load(pairs, 8) + dCode;
    bEnc += dP;
    f32.store(pairs, dP, 8);
  }
  f32.store(vectorGradient + <usize>feature * 4, bEnc);
  return bEnc;
}

/** 0, or what every code that will be chosen is known to be above. */
export function floor(_feature: i32): f32 {
  return <f32>param(Param.Floor);
}

export function relu(): void {
  useClosedAt(floor);
  use(activate, differentiate, decodeOne, projectOne);
}

export function topk(): void {
  useClosedAt(floor);
  use(activate, differentiate, decodeOne, projectOne, Selection.OfRow);
}

export function batchtopk(): void {
  useClosedAt(floor);
  use(activate, differentiate, decodeOne, projectOne, Selection.OfBatch);
}
