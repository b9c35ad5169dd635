// The revival of dead features (AuxK; Gao et al. 2024, appendix A.2): the largest pre-activations of those
// that have not fired for long reconstruct what the others have left of a row.
//
//   z   = relu(p + b), of dead features, b being the first of the encoder's vectors
//   dP  = aux weight · 2/batch · (its error · W_dec)
import { asleep, BLOCK, capacity, levels, PAIR, prefixes, vector, vectorGradient } from './layout';
import { Param, Part, param } from './numbers';

/** Whether there are dead features, and a revival of them. */
export function revivesAny(): bool {
  return param(Param.Dead) > 0 && levels > prefixes;
}

// @inline
export function isAsleep(feature: i32): bool {
  return load<u32>(asleep + <usize>feature * 4) != 0;
}

/** Lists the pairs of one dead feature, as \`activate\` does: of the level behind all prefixes. */
export function activateAsleep(feature: i32, products: usize, rows: i32, pairs: usize): u32 {
  const first = <u32>(((prefixes * capacity) as usize) * BLOCK);
  const bias = f32.load(vector + <usize>feature * 4);
  let at = pairs;
  for (let b = 0; b < rows; b++) {
    const z = f32.load(products + <usize>b * 4) + bias;
    if (z <= 0) continue; // NaN goes on, and shows in the loss
    store<u32>(at, first + <u32>(<usize>b * BLOCK));
    f32.store(at, z, 4);
    at += PAIR;
  }
  return <u32>((at - pairs) / PAIR);
}

/**
 * Turns the dot products of one dead feature's pairs into gradients, beside those of its other pairs,
 * and its codes into their share in the gradient of its decoder row.
 *
 * @returns the gradient by the product, summed over the pairs.
 */
export function differentiateAsleep(feature: i32, pairs: usize, count: u32, weight: f64): f32 {
  const factor = <f32>((2 * weight) / param(Param.Rows));
  const share = <f32>weight;
  let sum: f32 = 0;
  for (let k: u32 = 0; k < count; k++, pairs += PAIR) {
    const dP = factor * f32.load(pairs, 8);
    sum += dP;
    f32.store(pairs, dP, 8);
    f32.store(pairs, share * f32.load(pairs, 4), 4);
  }
  const own = vectorGradient + <usize>feature * 4;
  f32.store(own, f32.load(own) + sum);
  return sum;
}

/** The weight of the revival's squared error, from what the prefixes and the revival have left. */
export function revivalWeight(residual: f64): f64 {
  // Like the residual's variance it is of the batch; of a residual without one it is nothing.
  const weight = param(Param.Weights + Part.Revival);
  return residual > 0 ? weight / residual : 0;
}
