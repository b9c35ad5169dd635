import type { RowOrigin } from '../../activations/rows';
import { wrongPlace } from '../../errors';

/**
 * Among which rows each is shown: those of other positions in the same example of the data. A token stands
 * among the tokens of its document, a place of a feature map among the others of its image.
 */
export interface Contexts {
  /** Positions that are shown with a row, at most. */
  readonly width: number;
  /** Whether rows of one example are all shown with all of it: the strongest then stands for the others. */
  readonly isWhole: boolean;
  /** What there may be at most, in words: `documents of 3 tokens`. */
  readonly expected: string;
  /** Whether there is such a position. */
  has(example: number, position: number): boolean;
  /** The positions that are shown with one: from `from` up to, but not with, `to`. */
  around(example: number, position: number): { readonly from: number; readonly to: number };
  /** The origin of rows that do not tell theirs: all positions of all examples follow one another. */
  originOf(first: number, rows: number): RowOrigin;
}

/** Where a row comes from. */
export interface Place {
  readonly example: number;
  readonly position: number;
}

export const placeAt = ({ examples, positions }: RowOrigin, row: number): Place => ({
  example: examples[row] as number,
  position: positions[row] as number,
});

/**
 * Refuses an origin that is not one of each row, of what there is no row of, or that goes back: examples
 * follow one another, and positions in each.
 *
 * @param before the place of the last row of the batch before
 * @param first the number of the first row
 * @throws SAE_DATA
 */
export function checkOrigin(
  where: string,
  contexts: Contexts,
  origin: RowOrigin,
  [first, rows]: readonly [number, number],
  before: Place | undefined,
): void {
  for (const part of ['examples', 'positions'] as const) {
    const length = origin?.[part]?.length;
    if (length !== rows) throw wrongPlace(where, `${rows} ${part}, one for each row`, length);
  }
  let last = before;
  for (let row = 0; row < rows; row++) {
    const place = placeAt(origin, row);
    const { example, position } = place;
    const told = [example, position];
    if (!contexts.has(example, position)) {
      throw wrongPlace(where, contexts.expected, told, first + row);
    }
    const goesOn = last === undefined || example > last.example;
    if (!goesOn && !(example === last?.example && position > last.position)) {
      const expected = 'rows in the order of examples, and of positions in each';
      throw wrongPlace(where, expected, told, first + row);
    }
    last = place;
  }
}

/** The origins of both, one after the other. */
export function joinOrigins(a: RowOrigin, b: RowOrigin): RowOrigin {
  const both = (part: keyof RowOrigin) => {
    const all = new Int32Array(a[part].length + b[part].length);
    all.set(a[part]);
    all.set(b[part], a[part].length);
    return all;
  };
  return { examples: both('examples'), positions: both('positions') };
}

/** The origins of some rows: from `from` up to, but not with, `to`. */
export const sliceOrigin = (
  { examples, positions }: RowOrigin,
  from: number,
  to: number,
): RowOrigin => ({
  examples: examples.slice(from, to),
  positions: positions.slice(from, to),
});
