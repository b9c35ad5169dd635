import type { Numbers } from './numbers';

/**
 * The most bytes of a file that are held at a time, if it is not in the order in which it is read.
 */
const SLAB_BYTES = 2 ** 26;

/** Reads consecutive values of a file. */
type ReadValues = (at: number, count: number) => Promise<Numbers>;

/** Consecutive rows, from `first` on. */
interface Slab {
  readonly first: number;
  readonly rows: number;
  readonly values: Numbers;
}

/**
 * Returns rows of an array whose first axis is the fastest, as in Fortran.
 *
 * A row's values are far apart in such a file. So as many rows as fit into some memory are read at
 * once, a column at a time, and kept for the following calls; a small array is read in one piece.
 *
 * @param shape the shape, with at least two axes
 * @param slabBytes how many bytes are held at a time
 */
export function fortranRows(
  read: ReadValues,
  shape: readonly number[],
  bytesEach: number,
  slabBytes = SLAB_BYTES,
): (first: number, rows: number) => Promise<Numbers> {
  const [length = 0, ...axes] = shape;
  const places = placesOfColumns(axes);
  const width = places.length;
  const most = Math.max(1, Math.min(length, Math.floor(slabBytes / (width * bytesEach))));

  async function slabFrom(first: number): Promise<Slab> {
    const rows = Math.min(most, length - first);
    const whole = rows === length ? await read(0, length * width) : undefined;
    let values: Numbers | undefined;
    for (const [column, place] of places.entries()) {
      const at = column * length + first;
      const part = whole ? whole.subarray(at, at + rows) : await read(at, rows);
      values ??= sameKind(part, rows * width);
      for (let row = 0; row < rows; row++) values[row * width + place] = part[row] as number;
    }
    return { first, rows, values: values ?? new Uint8Array(0) };
  }

  let slab: Slab = { first: 0, rows: 0, values: new Uint8Array(0) };
  return async (first, rows) => {
    let out: Numbers | undefined;
    for (let row = first; row < first + rows; ) {
      if (row < slab.first || row >= slab.first + slab.rows) slab = await slabFrom(row);
      const from = row - slab.first;
      const count = Math.min(first + rows - row, slab.rows - from);
      const part = slab.values.subarray(from * width, (from + count) * width);
      if (count === rows) return part;
      out ??= sameKind(part, rows * width);
      out.set(part, (row - first) * width);
      row += count;
    }
    return out ?? slab.values.subarray(0, 0);
  };
}

/** Returns zeros in an array of the same type. */
const sameKind = (numbers: Numbers, length: number): Numbers =>
  new (numbers.constructor as new (length: number) => Numbers)(length);

/** Returns the index in a row of each column of a file. */
function placesOfColumns(axes: readonly number[]): Int32Array {
  const width = axes.reduce((product, length) => product * length, 1);
  const steps = axes.map((_, axis) => axes.slice(axis + 1).reduce((a, b) => a * b, 1));
  return Int32Array.from({ length: width }, (_, column) => {
    let rest = column;
    return axes.reduce((place, length, axis) => {
      const index = rest % length;
      rest = (rest - index) / length;
      return place + index * (steps[axis] as number);
    }, 0);
  });
}
