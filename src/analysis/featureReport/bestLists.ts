/** An entry of one of {@link BestLists}. */
export interface Entry {
  readonly id: number;
  readonly score: number;
  /** The place within its list, which never changes, for data that belongs to the entry. */
  readonly place: number;
}

/**
 * Many short lists in flat arrays, each of which keeps the `length` entries with the highest
 * scores. Among equal scores the one offered last comes first: ids are offered in ascending order.
 */
export class BestLists {
  /** The score of each list below which it accepts nothing: check it before offering anything. */
  readonly floors: Float64Array;
  private readonly sizes: Uint16Array;
  private readonly scores: Float64Array;
  private readonly ids: Uint32Array;
  private readonly places: Uint16Array;

  constructor(
    lists: number,
    readonly length: number,
  ) {
    this.scores = new Float64Array(lists * length);
    this.ids = new Uint32Array(lists * length);
    this.places = new Uint16Array(lists * length);
    this.sizes = new Uint16Array(lists);
    this.floors = new Float64Array(lists).fill(
      length > 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY,
    );
  }

  /**
   * Adds an entry that is not below the list's floor; if the list is full, it replaces the last
   * one.
   *
   * @param instead the order of an entry with no higher score, which is replaced
   * @returns the entry's place among those of all lists
   */
  take(list: number, score: number, id: number, instead?: number): number {
    const { scores, ids, places, length } = this;
    const start = list * length;
    const before = this.sizes[list] as number;
    const size = instead === undefined ? before : before - 1;
    let at = start + (instead ?? Math.min(size, length - 1));
    const isNew = instead === undefined && size < length;
    const place = isNew ? size : (places[at] as number);
    for (; at > start && (scores[at - 1] as number) <= score; at--) {
      scores[at] = scores[at - 1] as number;
      ids[at] = ids[at - 1] as number;
      places[at] = places[at - 1] as number;
    }
    scores[at] = score;
    ids[at] = id;
    places[at] = place;
    this.sizes[list] = Math.min(size + 1, length);
    if (size + 1 >= length) this.floors[list] = scores[start + length - 1] as number;
    return start + place;
  }

  /** Returns the id of the entry that the next one would replace; undefined while there is room. */
  last(list: number): number | undefined {
    if ((this.sizes[list] as number) < this.length) return undefined;
    return this.ids[(list + 1) * this.length - 1];
  }

  /** Finds the best entry that is kept at certain places, and its order in the list, from 0 on. */
  find(list: number, isAt: (place: number) => boolean) {
    const start = list * this.length;
    for (let order = 0; order < (this.sizes[list] as number); order++) {
      if (!isAt(start + (this.places[start + order] as number))) continue;
      const [id, score] = [this.ids[start + order], this.scores[start + order]];
      return { order, id: id as number, score: score as number };
    }
    return undefined;
  }

  clear(list: number): void {
    this.sizes[list] = 0;
    this.floors[list] = Number.NEGATIVE_INFINITY;
  }

  /** Returns a list's entries, best first. */
  entries(list: number): Entry[] {
    const start = list * this.length;
    return Array.from({ length: this.sizes[list] as number }, (_, i) => ({
      id: this.ids[start + i] as number,
      score: this.scores[start + i] as number,
      place: start + (this.places[start + i] as number),
    }));
  }
}
