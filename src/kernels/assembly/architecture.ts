// What differs from one architecture to the next: which pairs are active, with what values, and
// what their gradients are. Each sets these functions once, before anything is computed.

/**
 * Lists the active pairs of one feature at `pairs`, PAIR bytes each: u32 example · BLOCK (the first of
 * the feature's level is `firstExample`), then as f32 the code, the value for a second reconstruction,
 * nothing, and what else it wants to keep: nothing where codes are selected.
 * Stores the feature's share of the sparsity term in `penalty`.
 *
 * @param products x − b_dec times the feature's encoder row, one f32 an example
 * @returns how many there are.
 */
export let activate!: (feature: i32, products: usize, rows: i32, pairs: usize) => u32;

/**
 * Turns what the decoder has left in one feature's pairs (at 8 and 12: the dot products of its
 * decoder row with each reconstruction's error) into the gradient by the product, at 8. Stores the
 * gradients of the feature's entries in `vectorGradient`.
 *
 * @returns the gradient by the product, summed over the pairs.
 */
export let differentiate!: (feature: i32, pairs: usize, count: u32) => f32;

/**
 * The sum of a product and of the feature's entry in the first vector at and below which `activate` and
 * `differentiate` have no use for a pair.
 */
export let closedAt: (feature: i32) => f32 = (_feature: i32): f32 => 0;

export function useClosedAt(closed: (feature: i32) => f32): void {
  closedAt = closed;
}

/** Adds an example's active rows of the dictionary, times their values, to its reconstructions. */
export let decode!: (entries: usize, count: u32, error: usize) => void;

/** The dot products of an example's errors with its active rows, into the lists by feature. */
export let project!: (entries: usize, count: u32, error: usize) => void;

/**
 * Lists the pairs of a dead feature by which it has a penalty of its own, as `activate` does, with codes of
 * 0: no decoder sees them. Stores what it sums in `deadSums`.
 *
 * @returns how many there are.
 */
export let activateDead: (feature: i32, products: usize, rows: i32, pairs: usize) => u32 = (
  _feature: i32,
  _products: usize,
  _rows: i32,
  _pairs: usize,
): u32 => 0;

/**
 * Stores the derivatives by the products in such pairs, at 8, and adds those by the vectors and the norm.
 *
 * @returns the derivative by the product, summed over the pairs.
 */
export let differentiateDead: (feature: i32, pairs: usize, count: u32) => f32 = (
  _feature: i32,
  _pairs: usize,
  _count: u32,
): f32 => 0;

export function usePenaltyOfDead(
  activateBy: (feature: i32, products: usize, rows: i32, pairs: usize) => u32,
  differentiateBy: (feature: i32, pairs: usize, count: u32) => f32,
): void {
  activateDead = activateBy;
  differentiateDead = differentiateBy;
}

/** Which of the listed codes stay. */
export enum Selection {
  /** All. */
  All,
  /** The largest of each row, as many as the first of the architecture's own numbers says. */
  OfRow,
  /** The largest of the batch, as many for each row on average. */
  OfBatch,
}
export let selection: Selection = Selection.All;

export function use(
  activateBy: (feature: i32, products: usize, rows: i32, pairs: usize) => u32,
  differentiateBy: (feature: i32, pairs: usize, count: u32) => f32,
  decodeBy: (entries: usize, count: u32, error: usize) => void,
  projectBy: (entries: usize, count: u32, error: usize) => void,
  select: Selection = Selection.All,
): void {
  selection = select;
  activate = activateBy;
  differentiate = differentiateBy;
  decode = decodeBy;
  project = projectBy;
}

/**
 * The sum of a penalty that is of each row's number of codes, which then are counted; -1 where the
 * penalty is what features have stored in `penalty`.
 */
export let penaltyOfRows: (rows: i32) => f64 = (_rows: i32): f64 => -1;
/** Whether an architecture may have such a penalty. */
export let countsCodes: bool = false;

export function usePenaltyOfRows(penalty: (rows: i32) => f64): void {
  penaltyOfRows = penalty;
  countsCodes = true;
}
