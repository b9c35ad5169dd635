/** An entry of one of {@link BestLists}. */
export interface Entry {
  readonly id: number;
  readonly score: number;
  /** Where what belongs to the entry is kept: a place within its list that never moves. */
  readonly place: number;
}

/**
 * Many short lists, each of the `length` entries with the highest scores that were offered to it,
 * in flat arrays. Of equal scores the one offered last comes first: ids are offered ascending.
 */
export class BestLists {
  /** By list, the score below which it takes nothing: to be asked before anything is offered. */
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
   * Takes in an entry that is not below the list's floor, for the last one where the list is full.
   *
   * @param instead the order of one with no higher score, whose place it takes
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

  /** The id of the entry that the next one takes the place of; undefined while there is room. */
  last(list: number): number | undefined {
    if ((this.sizes[list] as number) < this.length) return undefined;
    return this.ids[(list + 1) * this.length - 1];
  }

  /** The best entry that is kept at one of some places, and its order in the list, from 0 on. */
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

  /** A list's entries, the best first. */
  entries(list: number): Entry[] {
    const start = list * this.length;
    return Array.from({ length: this.sizes[list] as number }, (_, i) => ({
      id: this.ids[start + i] as number,
      score: this.scores[start + i] as number,
      place: start + (this.places[start + i] as number),
    }));
  }
}
