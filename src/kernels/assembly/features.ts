// What belongs to one feature: its rows, each with two places while it trains, its level, its penalty.
import {
  BLOCK,
  capacity,
  deadCount,
  decoder,
  encoder,
  isStale,
  norms,
  penaltyByNorm,
  placeOf,
  places,
  prefixEnds,
  prefixes,
  punishesDead,
  stride,
} from './layout';
import { Param, Part, param } from './numbers';

/** By what a feature's share in the penalty is weighed. */
// @inline
export function normOf(feature: i32): f32 {
  return penaltyByNorm ? f32.load(norms + <usize>feature * 4) : 1;
}

/** The derivative by what a feature adds to the penalty. */
// @inline
export function penaltyWeight(feature: i32): f64 {
  return (param(Param.Weights + Part.Penalty) / param(Param.Rows)) * <f64>normOf(feature);
}

/** Pairs of a feature's penalty while it is dead. */
// @inline
export function deadPairs(feature: i32): u32 {
  return punishesDead ? load<u32>(deadCount + <usize>feature * 4) : 0;
}

/** The level of a feature's codes: that of the smallest prefix which has it. */
// @inline
function levelOf(feature: i32): i32 {
  let level = 0;
  while (level < prefixes - 1 && <u32>feature >= load<u32>(prefixEnds + <usize>level * 4)) level++;
  return level;
}

/** Where the first example of a feature's level lies in a block, as pairs have it. */
// @inline
export function firstExample(feature: i32): u32 {
  return <u32>(<usize>(levelOf(feature) * capacity) * BLOCK);
}

// @inline
function place(feature: i32): usize {
  return <usize>load<u32>(placeOf + <usize>feature * 4) & 1;
}

/** A feature's row in the encoder's matrix. */
// @inline
export function encoderRow(feature: i32): usize {
  return encoder + (<usize>feature * places + place(feature)) * stride;
}

/** A feature's row in the dictionary. */
// @inline
export function decoderRow(feature: i32): usize {
  return decoder + (<usize>feature * places + place(feature)) * stride;
}

/** How far a row's other place is: that of its gradient, and of the weights from before the step. */
// @inline
export function otherPlace(feature: i32): isize {
  return place(feature) == 0 ? <isize>stride : -(<isize>stride);
}

/** The step that put a feature's rows where they are. */
// @inline
export function movedAt(feature: i32): u32 {
  return load<u32>(placeOf + <usize>feature * 4) >> 1;
}

/** Makes the rows in the other place the feature's. */
// @inline
export function moveRows(feature: i32, step: u32): void {
  store<u32>(placeOf + <usize>feature * 4, (step << 1) | (<u32>place(feature) ^ 1));
  store<u32>(isStale + <usize>feature * 4, 1);
}
