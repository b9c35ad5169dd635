/**
 * Numbers of features of nested dictionaries, drawn from a truncated Pareto distribution: small ones are
 * likely, as P(m > n) falls with 1/√n.
 */

/** The exponent of the distribution. */
const POWER = 0.5;
/** What the numbers behind a draw are below. */
const RANGE = 2 ** 31;
const FACTORS = [48271, 69621] as const;

/**
 * One of 2³¹ numbers from another, far from those of its neighbours. In products below 2⁵³, as doubles have
 * them: so that Python comes to the same.
 */
function mixed(value: number): number {
  let x = value;
  for (const factor of FACTORS) x = ((x ^ (x >>> 15)) * factor) % RANGE;
  return x ^ (x >>> 16);
}

/** The number of features, from 1 to one less than all, that a share of all draws is up to. */
const quantile = (share: number, features: number): number => {
  const beyond = 1 - share * (1 - features ** -POWER);
  return Math.min(features - 1, Math.floor(beyond ** (-1 / POWER)));
};

/** So many different numbers, rising, with all features last: one that is taken gives way to the next. */
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
 * The numbers of features of nested dictionaries in one step.
 *
 * @param count how many dictionaries, that of all features among them
 * @param seed from which the draws of all steps follow, with their numbers
 * @param step steps before it
 * @returns rising numbers, all features last
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

/** The same outside of training: spread evenly over what is drawn. */
export const evenPrefixes = (features: number, count: number): number[] =>
  distinct(
    Array.from({ length: count - 1 }, (_, i) => (i + 0.5) / (count - 1)),
    features,
  );
