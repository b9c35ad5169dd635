import type { RowOrigin } from '../../activations/rows';
import { wrongPlace } from '../../errors';

/**
 * The rows that each row is shown with: those at other positions of the same example. A token is
 * shown with the tokens of its document, a place of a feature map with the others of its image.
 */
export interface Contexts {
  /** The most positions that are shown with a row. */
  readonly width: number;
  /**
   * Whether all rows of an example are shown together: the strongest then represents the others.
   */
  readonly isWhole: boolean;
  /** The data that is expected, in words: `documents of 3 tokens`. */
  readonly expected: string;
  /** Returns whether a position exists. */
  has(example: number, position: number): boolean;
  /** Returns the positions that are shown with one: from `from` up to, but excluding, `to`. */
  around(example: number, position: number): { readonly from: number; readonly to: number };
  /**
   * Returns the origin of rows that have none: all positions of all examples, one after another.
   */
  originOf(first: number, rows: number): RowOrigin;
}

/** The origin of a row. */
export interface Place {
  readonly example: number;
  readonly position: number;
}

export const placeAt = ({ examples, positions }: RowOrigin, row: number): Place => ({
  example: examples[row] as number,
  position: positions[row] as number,
});

/**
 * Throws for an origin that does not have one entry per row, that refers to positions that do not
 * exist, or that goes back: examples must ascend, and so must the positions in each.
 *
 * @param before the place of the last row of the previous batch
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

/** Concatenates two origins. */
export function joinOrigins(a: RowOrigin, b: RowOrigin): RowOrigin {
  const both = (part: keyof RowOrigin) => {
    const all = new Int32Array(a[part].length + b[part].length);
    all.set(a[part]);
    all.set(b[part], a[part].length);
    return all;
  };
  return { examples: both('examples'), positions: both('positions') };
}

/** Returns the origins of some rows: from `from` up to, but excluding, `to`. */
export const sliceOrigin = (
  { examples, positions }: RowOrigin,
  from: number,
  to: number,
): RowOrigin => ({
  examples: examples.slice(from, to),
  positions: positions.slice(from, to),
});
