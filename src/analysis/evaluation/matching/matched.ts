import { BestLists } from '../../featureReport/bestLists';
import { bestAssignment } from './assignment';
import { countOf, crossCosines, type Directions } from './crossCosines';

/** The most cosines held at once, for the optimal assignment: 64 MB, and some seconds. */
const MOST_COSINES = 2 ** 24;
/** Beyond that, the number of nearest candidates per direction. */
const CANDIDATES = 16;

/** A pair of directions, one of each side. */
export interface Pair {
  readonly a: number;
  readonly b: number;
  /** Their cosine, or its absolute value if signs are ignored. */
  readonly cosine: number;
}

/** How the directions of two sides correspond. */
export interface Matched {
  /** For each direction of `a`, the nearest of `b`; the first of several. */
  readonly nearest: Uint32Array;
  /** For each direction of `a`, the cosine with the nearest. */
  readonly cosines: Float64Array;
  /** How the pairs were found: optimally, or nearest first. */
  readonly method: 'hungarian' | 'greedy';
  /** The pairs, in the order of `a`; no direction is in two. */
  readonly pairs: readonly Pair[];
}

/** Options of the matching. */
export interface MatchingArgs {
  /** Whether a direction and its opposite count as the same. */
  readonly unsigned: boolean;
  /** The most cosines that may be held at once. */
  readonly held?: number;
}

/**
 * Matches directions in pairs, with each direction in at most one, and finds each direction's
 * nearest.
 *
 * The pairs are those with the largest sum of cosines, up to a size beyond which they are chosen
 * greedily: nearest first, among the 16 nearest of each direction of `a`. Only a block of cosines
 * and those candidates are held then.
 *
 * @param a `[rows, width]`, finite
 * @param b directions of the same width
 */
export async function matched(
  a: Directions,
  b: Directions,
  { unsigned, held = MOST_COSINES }: MatchingArgs,
): Promise<Matched> {
  const [rows, columns] = [countOf(a), countOf(b)];
  const method = rows * columns <= held ? 'hungarian' : 'greedy';
  const all = new Float32Array(method === 'hungarian' ? rows * columns : 0);
  const best = new BestLists(method === 'greedy' ? rows : 0, Math.min(CANDIDATES, columns));
  const nearest = new Uint32Array(rows);
  const cosines = new Float64Array(rows).fill(Number.NEGATIVE_INFINITY);
  await crossCosines(a, b, (block, start) => {
    for (let i = 0; i < block.length; i++) {
      const row = start + Math.floor(i / columns);
      const column = i % columns;
      const cosine = unsigned ? Math.abs(block[i] as number) : (block[i] as number);
      if (cosine > (cosines[row] as number)) {
        cosines[row] = cosine;
        nearest[row] = column;
      }
      if (method === 'hungarian') all[row * columns + column] = cosine;
      else if (cosine > (best.floors[row] as number)) best.take(row, cosine, column);
    }
  });
  const pairs = method === 'hungarian' ? bestPairs(all, rows, columns) : greedyPairs(best, rows);
  return { nearest, cosines, method, pairs };
}

function bestPairs(cosines: Float32Array, rows: number, columns: number): Pair[] {
  if (rows > columns) {
    const turned = cosines.map((_, i) => cosines[(i % rows) * columns + Math.floor(i / rows)] ?? 0);
    const pairs = bestPairs(turned, columns, rows).map(({ a, b, cosine }) => ({
      ...{ a: b, b: a, cosine },
    }));
    return pairs.sort((one, other) => one.a - other.a);
  }
  return Array.from(bestAssignment(cosines, rows, columns), (b, a) => ({
    ...{ a, b, cosine: cosines[a * columns + b] as number },
  }));
}

function greedyPairs(best: BestLists, rows: number): Pair[] {
  const candidates = Array.from({ length: rows }, (_, a) =>
    best.entries(a).map(({ id, score }) => ({ a, b: id, cosine: score })),
  ).flat();
  candidates.sort((one, other) => other.cosine - one.cosine || one.a - other.a || one.b - other.b);
  const taken = { a: new Set<number>(), b: new Set<number>() };
  const pairs = candidates.filter(({ a, b }) => {
    if (taken.a.has(a) || taken.b.has(b)) return false;
    taken.a.add(a);
    taken.b.add(b);
    return true;
  });
  return pairs.sort((one, other) => one.a - other.a);
}
