// The numbers that the kernels are given before each call, and those that they report after it.

/** The numbers of one optimizer step. */
export interface UpdateNumbers {
  /** Adam's step size, its bias correction included. */
  readonly alpha: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Largest norm of all gradients together; Infinity for no limit. */
  readonly clipNorm: number;
}

/** What came of a pass or a step. */
export interface Outcome {
  readonly status: 'done' | 'lossNotFinite' | 'gradientNotFinite' | 'floorTooHigh';
  /** Of all gradients together, before clipping. */
  readonly gradNorm: number;
  /** Pairs of an example and a feature that were active. */
  readonly pairs: number;
  /** What the loss is made of, before its weights. */
  readonly parts: Parts;
}

/** What a pass is told. */
export interface PassNumbers {
  /** Numbers of the architecture's own, four at most: how many codes are chosen, and the like. */
  readonly own?: readonly number[];
  /** What a code has to be above, where none is chosen among others; 0 by default. */
  readonly floor?: number;
  /** Numbers of features of nested dictionaries, as many as there were at the start; those by default. */
  readonly prefixes?: readonly number[];
  /** The weight of each of them in the loss, by that of the last, where there are several. */
  readonly prefixWeights?: readonly number[];
}

/** What a step is told beside the optimizer's numbers. */
export interface StepNumbers extends PassNumbers {
  /** The weight of each part of the loss. */
  readonly weights: Parts;
  /** By feature 1 where it is dead, where dead ones are revived or have a penalty. */
  readonly dead?: ArrayLike<number>;
  /** How many dead features may fire for the revival of an example. */
  readonly auxK?: number;
  /** Whether decoder rows keep norm 1; true by default. */
  readonly unitRows?: boolean;
  /** Whether their gradients lose what would change that norm; false by default. */
  readonly project?: boolean;
}

/**
 * What a loss can be made of: the squared error of the reconstruction, what the architecture's penalty sums,
 * the squared error of the second reconstruction, the revival of dead features, which is its squared error
 * by the variance of what was left to it, and what the penalty of dead features sums.
 */
const PARTS = ['reconstruction', 'penalty', 'second', 'revival', 'dead'] as const;

/** A number for each part that a loss can have. */
export type Parts = Readonly<Record<(typeof PARTS)[number], number>>;

/** Measures of a batch beside its loss. */
export interface BatchMeasures {
  readonly rows: number;
  /** By feature: rows on which it fires, its code being above 0. */
  readonly firing: ArrayLike<number>;
  /** Σ ‖target − reconstruction‖² */
  readonly squaredError: number;
  /** Of the targets, `[outputDim]`. */
  readonly mean: ArrayLike<number>;
  /** Σ ‖target − mean‖² */
  readonly spread: number;
}

// As in assembly/numbers.ts.
export const PARAM = { rows: 0, step: 2, floor: 11, screened: 19, own: 20 } as const;
export const PARAMS = 24;
export const RESULT = {
  ...{ status: 0, gradNorm: 1, pairs: 2, parts: 3, short: 8, squaredError: 9, least: 10 },
  ...{ screened: 11, uncertain: 12 },
} as const;
export const RESULTS = 13;
const STATUS = [
  ...(['done', 'lossNotFinite', 'gradientNotFinite', 'outOfMemory', 'floorTooHigh'] as const),
];

/** The numbers of parts in the order in which they are written and read. */
export const inOrder = (parts: Parts): number[] => PARTS.map((part) => parts[part]);

/**
 * What the kernels have reported of a pass or a step.
 *
 * @throws RangeError where there was no memory for the lists of active pairs.
 */
export function outcomeOf(results: Float64Array): Outcome {
  const status = STATUS[results[RESULT.status] as number];
  // As the platform says it of the memory itself.
  if (status === undefined || status === 'outOfMemory') {
    throw new RangeError('the lists of active features');
  }
  const parts = PARTS.map((part, i) => [part, results[RESULT.parts + i] as number]);
  return {
    status,
    gradNorm: results[RESULT.gradNorm] as number,
    pairs: results[RESULT.pairs] as number,
    parts: Object.fromEntries(parts) as Parts,
  };
}
