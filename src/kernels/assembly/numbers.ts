// The numbers that the host writes before each call, and those that it reads after it.
import { params, results } from './layout';

/** What the host writes before each call, as f64. */
export enum Param {
  Rows,
  HasTarget,
  Step,
  First,
  Alpha,
  Beta1,
  Beta2,
  Epsilon,
  Clip,
  /** Whether decoder rows are brought to norm 1. */
  UnitRows,
  /** Whether their gradients lose what would change that norm. */
  Project,
  /** A number that every chosen code of the batch is at least; what is below is not looked at. */
  Floor,
  /** Features that are dead, and how many of them may fire for the revival of an example. */
  Dead,
  AuxK,
  /** The weights of the loss's parts: reconstruction, penalty, second reconstruction, revival, dead features. */
  Weights,
  /** Of the chunks of features every which one is screened; 0 for none. */
  Screened = 19,
  /** Numbers of the architecture's own, one after another: four at most. */
  Own,
}
/** Where each part of a loss has its weight, and where it is reported. */
export enum Part {
  Reconstruction,
  Penalty,
  Second,
  Revival,
  /** The penalty of dead features. */
  Dead,
}
/** What the host reads after each call, as f64. */
export enum Result {
  Status,
  GradNorm,
  Pairs,
  /** The loss's parts, one after another. */
  Parts,
  /** 1 where some row was too short for one division to bring it to norm 1. */
  Short = 8,
  /** Mean ‖error‖² of the whole reconstruction. */
  SquaredError,
  /** The least code that was chosen; 0 where none was. */
  Least,
  /** Pairs that were screened, and those of them that were not certain to be inactive. */
  Screened,
  Uncertain,
}
export enum Status {
  Done,
  LossNotFinite,
  GradientNotFinite,
  OutOfMemory,
  /** Some code that has to be chosen lies below the floor. */
  FloorTooHigh,
}

// @inline
export function param(index: i32): f64 {
  return f64.load(params + <usize>index * 8);
}

// @inline
export function report(index: i32, value: f64): void {
  f64.store(results + <usize>index * 8, value);
}
