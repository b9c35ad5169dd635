/**
 * Numbers of features of nested dictionaries, drawn from a truncated Pareto distribution: small
 * ones are likely, since P(m > n) falls with 1/√n.
 */

/** The exponent of the distribution. */
const POWER = 0.5;
/** The upper bound of the numbers behind a draw. */
const RANGE = 2 ** 31;
const FACTORS = [48271, 69621] as const;

/**
 * Maps one of 2³¹ numbers to another, far from those of its neighbours. Products stay below 2⁵³, so
 * doubles hold them exactly and Python gets the same.
 */
function mixed(value: number): number {
  let x = value;
  for (const factor of FACTORS) x = ((x ^ (x >>> 15)) * factor) % RANGE;
  return x ^ (x >>> 16);
}

/** Returns the quantile of the distribution: a number of features, from 1 to one less than all. */
const quantile = (share: number, features: number): number => {
  const beyond = 1 - share * (1 - features ** -POWER);
  return Math.min(features - 1, Math.floor(beyond ** (-1 / POWER)));
};

/**
 * Returns distinct numbers, ascending, with all features last: one that is taken is replaced by the
 * next.
 */
function distinct(shares: readonly number[], features: number): number[] {
  const taken = new Set<number>();
  for (const share of shares) {
    let count = quantile(share, features);
    while (taken.has(count)) count = (count % (features - 1)) + 1;
    taken.add(count);
  }
  return [...[...taken].sort((a, b) => a - b), features];
}

/**
 * Draws the numbers of features of nested dictionaries for one step.
 *
 * @param count the number of dictionaries, including the one of all features
 * @param seed determines the draws of all steps, together with their numbers
 * @param step the number of earlier steps
 * @returns ascending numbers, all features last
 */
export function drawnPrefixes(
  features: number,
  count: number,
  seed: number,
  step: number,
): number[] {
  const start = mixed(mixed(((seed % RANGE) + RANGE) % RANGE) ^ (step % RANGE));
  const shares = Array.from({ length: count - 1 }, (_, i) => mixed(start ^ (i + 1)) / RANGE);
  return distinct(shares, features);
}

/** Returns the numbers outside training: spread evenly over the distribution. */
export const evenPrefixes = (features: number, count: number): number[] =>
  distinct(
    Array.from({ length: count - 1 }, (_, i) => (i + 0.5) / (count - 1)),
    features,
  );
