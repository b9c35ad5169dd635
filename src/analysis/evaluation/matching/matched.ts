import { BestLists } from '../../featureReport/bestLists';
import { bestAssignment } from './assignment';
import { countOf, crossCosines, type Directions } from './crossCosines';

/** Cosines of which all are held, for the best assignment: 64 MB, and some seconds. */
const MOST_COSINES = 2 ** 24;
/** Where there is more, of each direction so many nearest ones are candidates. */
const CANDIDATES = 16;

/** A direction of the one side and one of the other. */
export interface Pair {
  readonly a: number;
  readonly b: number;
  /** Their cosine, or its size, where only that counts. */
  readonly cosine: number;
}

/** How the directions of one side lie to those of the other. */
export interface Matched {
  /** By direction of `a`, the nearest of `b`; of several the first. */
  readonly nearest: Uint32Array;
  /** By direction of `a`, the cosine with that. */
  readonly cosines: Float64Array;
  /** How the pairs were found: the best that there are, or the nearest first. */
  readonly method: 'hungarian' | 'greedy';
  /** No direction is in two; by `a`. */
  readonly pairs: readonly Pair[];
}

/** What is asked of the cosines. */
export interface MatchingArgs {
  /** Whether a direction and its opposite are the same. */
  readonly unsigned: boolean;
  /** Cosines of which all may be held at once. */
  readonly held?: number;
}

/**
 * Pairs of directions, each of which is in one pair at most, and each direction's nearest.
 *
 * The pairs are those whose cosines sum to the most, up to a size beyond which they are taken greedily:
 * the nearest first, among the 16 nearest of each direction of `a`. What is held is then a block of cosines
 * and those candidates.
 *
 * @param a `[rows, width]`, which are finite
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
