import type { SparseCodes } from '../../kernels/sparseCodes';
import { BestLists } from './bestLists';
import { rowHash } from './rowHash';

/** The most rows in the sample. */
const MOST_ROWS = 10_000;
/** The most pairs of features on one row, summed over the sample: about a second's work. */
const MOST_PAIRS = 2 ** 30;

/** The number of end marks after the features of a row; no feature has that number. */
const MARKS = 4;

interface SampledRow {
  readonly hash: number;
  readonly row: number;
  /** The features, ascending. */
  readonly features: Uint32Array;
}

/**
 * Finds which features fire together, by Jaccard's index |both| / |either|, over all rows if there
 * are few, otherwise over a sample of them: those with the smallest hash, whatever their order.
 */
export class Coactivity {
  private sample: SampledRow[] = [];
  /** Rows with this hash or a higher one are not in the sample. */
  private limit = Number.POSITIVE_INFINITY;
  private pairs = 0;

  constructor(
    private readonly features: number,
    private readonly mostRows = MOST_ROWS,
    private readonly mostPairs = MOST_PAIRS,
  ) {}

  /** @param first the number of the codes' first row among all rows */
  add({ indices, rowOffsets }: SparseCodes, first: number): void {
    for (let i = 0; i < rowOffsets.length - 1; i++) {
      const row = first + i;
      const hash = rowHash(row, -1);
      if (hash >= this.limit) continue;
      const features = indices.slice(rowOffsets[i], rowOffsets[i + 1]);
      this.sample.push({ hash, row, features });
      this.pairs += features.length ** 2;
      // Not each time, since it sorts.
      const { mostRows, mostPairs, sample, pairs } = this;
      if (pairs > 1.25 * mostPairs || sample.length > 1.25 * mostRows) this.cut();
    }
  }

  /**
   * Returns the features that fire most often together with each one, and the number of rows in the
   * sample.
   */
  result(length: number): { lists: BestLists; rows: number } {
    this.cut();
    const { sample, features } = this;
    const lists = new BestLists(features, Math.min(length, features - 1));
    if (lists.length > 0) {
      const rows = sample.map((one) => one.features);
      offerPairs(lists, rows, features);
    }
    return { lists, rows: sample.length };
  }

  /** Reduces the sample to the allowed number of rows. */
  private cut(): void {
    this.sample.sort((a, b) => a.hash - b.hash || a.row - b.row);
    let pairs = 0;
    let kept = 0;
    for (; kept < Math.min(this.sample.length, this.mostRows); kept++) {
      const more = (this.sample[kept] as SampledRow).features.length ** 2;
      if (pairs + more > this.mostPairs && kept > 0) break;
      pairs += more;
    }
    if (kept < this.sample.length) this.limit = (this.sample[kept] as SampledRow).hash;
    this.sample.length = kept;
    this.pairs = pairs;
  }
}

/** Offers each pair of features that fire together to both of them. */
function offerPairs(lists: BestLists, rows: readonly Uint32Array[], features: number): void {
  const { floors } = lists;
  const { counts, starts, places, flat } = postings(rows, features);
  const together = new Uint32Array(features + 1);
  for (let feature = 0; feature < features; feature++) {
    together.fill(0, feature);
    const end = starts[feature + 1] as number;
    for (let i = starts[feature] as number; i < end; i++) {
      countLater(together, flat, places[i] as number, features);
    }
    for (let other = feature + 1; other < features; other++) {
      const both = together[other] as number;
      if (both === 0) continue;
      const jaccard = both / ((counts[feature] as number) + (counts[other] as number) - both);
      if (jaccard >= (floors[feature] as number)) lists.take(feature, jaccard, other);
      if (jaccard >= (floors[other] as number)) lists.take(other, jaccard, feature);
    }
  }
}

/**
 * Counts the features of a row that come after a place, up to the marks at the row's end: four at a
 * time, which is a quarter faster.
 */
function countLater(together: Uint32Array, flat: Uint32Array, place: number, mark: number): void {
  for (let at = place + 1; (flat[at] as number) < mark; at += MARKS) {
    const a = flat[at] as number;
    const b = flat[at + 1] as number;
    const c = flat[at + 2] as number;
    const d = flat[at + 3] as number;
    together[a] = (together[a] as number) + 1;
    together[b] = (together[b] as number) + 1;
    together[c] = (together[c] as number) + 1;
    together[d] = (together[d] as number) + 1;
  }
}

/** Returns all rows concatenated, with marks after each, and the places of each feature. */
function postings(rows: readonly Uint32Array[], features: number) {
  const length = rows.reduce((sum, row) => sum + row.length + MARKS, 0);
  const flat = new Uint32Array(length).fill(features);
  const counts = new Uint32Array(features);
  let at = 0;
  for (const row of rows) {
    flat.set(row, at);
    at += row.length + MARKS;
    for (const feature of row) counts[feature] = (counts[feature] as number) + 1;
  }
  const starts = new Uint32Array(features + 1);
  for (let i = 0; i < features; i++) {
    starts[i + 1] = (starts[i] as number) + (counts[i] as number);
  }
  const places = new Uint32Array(length - MARKS * rows.length);
  const next = starts.slice();
  for (let place = 0; place < length; place++) {
    const feature = flat[place] as number;
    if (feature === features) continue;
    places[next[feature] as number] = place;
    next[feature] = (next[feature] as number) + 1;
  }
  return { counts, starts, places, flat };
}
