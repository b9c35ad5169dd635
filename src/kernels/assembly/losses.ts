// What a batch's loss is made of, from what all threads have found.
import { penaltyOfRows } from './architecture';
import { deadPairs, decoderRow, normOf } from './features';
import {
  capacity,
  deadSums,
  features,
  PIECE,
  pairCount,
  penalty,
  pieceResiduals,
  pieceSums,
  prefixes,
  prefixWeights,
  stride,
} from './layout';
import { Part, Result, report } from './numbers';
import { squaredNorm } from './simd';

/** What dead features sum in their own penalty, by the norms of their decoder rows. */
function deadPenalty(): f64 {
  let sum: f64 = 0;
  for (let f = 0; f < features; f++) {
    if (deadPairs(f) == 0) continue;
    const norm = sqrt<f32>(squaredNorm(decoderRow(f)));
    sum += <f64>f32.load(deadSums + <usize>f * 4) * <f64>norm;
  }
  return sum;
}

/** Σ ‖error‖² at one level, over pieces of examples; that of the second reconstruction at 8. */
function squaredErrors(level: i32, rows: i32, at: usize): f64 {
  const pieces = (rows + PIECE - 1) / PIECE;
  const first = pieceSums + <usize>(level * ((capacity + PIECE - 1) / PIECE)) * 16;
  let squares: f64 = 0;
  for (let p = 0; p < pieces; p++) squares += f64.load(first + <usize>p * 16 + at);
  return squares;
}

let isFiniteLoss: bool = true;

function reportPart(part: Part, value: f64): void {
  report(Result.Parts + part, value);
  if (!isFinite<f32>(<f32>value)) isFiniteLoss = false;
}

/** Writes the loss's parts into the results; false where one of them is not finite. */
export function reportParts(rows: i32, revives: bool): bool {
  let open: f64 = 0;
  for (let f = 0; f < features; f++) {
    open += <f64>f32.load(penalty + <usize>f * 4) * <f64>normOf(f);
  }
  const ofRows = penaltyOfRows(rows);
  if (ofRows >= 0) open = ofRows;
  const count = <f64>rows;
  const whole = squaredErrors(prefixes - 1, rows, 0);
  let weighted = whole;
  for (let level = 0; level < prefixes - 1; level++) {
    weighted += f64.load(prefixWeights + <usize>level * 8) * squaredErrors(level, rows, 0);
  }
  const residual = revives ? residualOf(rows) : 0;
  report(Result.Pairs, countPairs());
  report(Result.SquaredError, whole / count);
  isFiniteLoss = true;
  reportPart(Part.Reconstruction, weighted / count);
  reportPart(Part.Penalty, open / count);
  reportPart(Part.Second, squaredErrors(prefixes - 1, rows, 8) / count);
  reportPart(Part.Revival, residual > 0 ? squaredErrors(prefixes, rows, 0) / residual : 0);
  reportPart(Part.Dead, deadPenalty() / count);
  return isFiniteLoss;
}

/** Σ ‖error − mean error‖² of the whole reconstruction, which is left to revivals. */
export function residualOf(rows: i32): f64 {
  const pieces = (rows + PIECE - 1) / PIECE;
  let squares = squaredErrors(prefixes - 1, rows, 0);
  for (let o: usize = 0; o < stride; o += 4) {
    let column: f64 = 0;
    for (let p = 0; p < pieces; p++) column += f32.load(pieceResiduals + <usize>p * stride + o);
    squares -= (column * column) / <f64>rows;
  }
  return squares;
}

/** Active pairs of an example and a feature, of all threads. */
export function countPairs(): f64 {
  let pairs: f64 = 0;
  for (let f: usize = 0; f < <usize>features * 4; f += 4) pairs += load<u32>(pairCount + f);
  return pairs;
}
