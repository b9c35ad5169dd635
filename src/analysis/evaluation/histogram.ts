import type { Histogram } from './evaluation';

const DECIMALS = 10;

/**
 * Counts numbers in intervals of equal length, from `from` on. Numbers outside count in the first
 * or last one.
 */
export function histogram(
  values: Iterable<number>,
  from: number,
  to: number,
  intervals: number,
): Histogram {
  const counts = new Array<number>(intervals).fill(0);
  for (const value of values) {
    const at = Math.floor(((value - from) / (to - from)) * intervals);
    const place = Math.min(Math.max(at, 0), intervals - 1);
    counts[place] = (counts[place] as number) + 1;
  }
  // Removes rounding errors: 0.15 for 0.1499999999999999.
  const edge = (i: number) => Number((from + ((to - from) * i) / intervals).toFixed(DECIMALS));
  const edges = Array.from({ length: intervals + 1 }, (_, i) => edge(i));
  return { edges, counts };
}
