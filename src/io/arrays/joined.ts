import { badFile, differentWidths } from '../../errors';
import { sizeOf } from '../bytes/storedTensor';
import type { RowArray } from './rowArray';

/** Opens an array, anew each time. */
export type OpensArray = () => Promise<RowArray>;

/** What is known about an array while it is closed. */
type Part = Pick<RowArray, 'name' | 'shape' | 'dtype'>;

/** The most files that are open at once: systems usually allow a thousand. */
const MOST_OPEN = 256;

/**
 * Concatenates arrays along their rows. If their axes differ except for the last one, each place
 * before that is a row.
 *
 * @param name how errors refer to all of them together
 * @param open functions that open each: many files cannot all be open at once
 * @returns the array; the caller closes it.
 * @throws SAE_SHAPE if their rows differ in width, SAE_FILE if some are bytes and some are not; the
 *   errors of opening.
 */
export async function joinedArrays(name: string, open: readonly OpensArray[]): Promise<RowArray> {
  const opened = new OpenArrays(open);
  try {
    const parts: Part[] = [];
    for (const i of open.keys()) {
      const { name, shape, dtype } = await opened.at(i);
      parts.push({ name, shape, dtype });
    }
    return joined(name, parts, opened);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

function joined(name: string, parts: readonly Part[], opened: OpenArrays): RowArray {
  const [first] = parts as [Part];
  const inFirst = first.shape.slice(1);
  const areAlike = parts.every(({ shape }) => String(shape.slice(1)) === String(inFirst));
  const width = first.shape.at(-1) ?? 0;
  for (const { name, shape, dtype } of parts) {
    const isWide = shape.length > 1 && shape.at(-1) === width;
    if (!areAlike && !isWide) throw differentWidths(name, first.name, inFirst, shape.slice(1));
    if ((dtype === 'u1') === (first.dtype === 'u1')) continue;
    const [expected, received] = first.dtype === 'u1' ? ['bytes', 'others'] : ['numbers', 'bytes'];
    const advice = 'Bytes count as shares of 255, other numbers as they are: save all alike.';
    throw badFile(name, `${expected}, as in ${first.name}`, received, advice);
  }
  const axesOf = ({ shape }: Part, axes: number) => (areAlike ? axes : shape.length - 1);
  const rowsOf = (part: Part, axes: number) => sizeOf(part.shape.slice(0, axesOf(part, axes)));
  const all = (axes: number) => parts.reduce((sum, part) => sum + rowsOf(part, axes), 0);
  const shape = areAlike ? [all(1), ...inFirst] : [all(1), width];
  /** Returns the range of rows of each part. */
  const piecesOf = (row: number, count: number, axes: number) => {
    const pieces: { i: number; part: Part; first: number; rows: number }[] = [];
    let before = 0;
    for (const [i, part] of parts.entries()) {
      const rows = rowsOf(part, axes);
      const from = Math.max(row, before);
      const end = Math.min(row + count, before + rows);
      if (from < end) pieces.push({ i, part, first: from - before, rows: end - from });
      before += rows;
    }
    return pieces;
  };
  return {
    name,
    shape,
    dtype: first.dtype,
    read: async (row, count, axes = 1) => {
      const pieces: ArrayLike<number>[] = [];
      for (const { i, first, rows, part } of piecesOf(row, count, axes)) {
        const array = await opened.at(i);
        pieces.push(await array.read(first, rows, axesOf(part, axes)));
      }
      return pieces.length === 1 ? (pieces[0] as ArrayLike<number>) : inOne(pieces);
    },
    readInto: async (values, row, axes = 1) => {
      const each = sizeOf(shape.slice(axes));
      let at = 0;
      for (const { i, first, rows, part } of piecesOf(row, values.length / each, axes)) {
        const array = await opened.at(i);
        const room = values.subarray(at, at + rows * each);
        const inPart = axesOf(part, axes);
        if (array.readInto) await array.readInto(room, first, inPart);
        else room.set(await array.read(first, rows, inPart));
        at += room.length;
      }
    },
    rowName: (row, axes) => {
      let left = row;
      for (const part of parts) {
        const rows = rowsOf(part, axes);
        if (left < rows) return `${part.name}, row ${left}`;
        left -= rows;
      }
      return `${name}, row ${row}`;
    },
    close: () => opened.close(),
  };
}

function inOne(pieces: readonly ArrayLike<number>[]): Float64Array {
  const all = new Float64Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** Arrays of which the most recently used stay open. */
class OpenArrays {
  /** The open arrays by number, the most recently used last. */
  private readonly opened = new Map<number, RowArray>();

  constructor(private readonly open: readonly OpensArray[]) {}

  async at(number: number): Promise<RowArray> {
    const array = this.opened.get(number) ?? (await (this.open[number] as OpensArray)());
    this.opened.delete(number);
    this.opened.set(number, array);
    for (const [other, oldest] of this.opened) {
      if (this.opened.size <= MOST_OPEN) break;
      this.opened.delete(other);
      await oldest.close();
    }
    return array;
  }

  async close(): Promise<void> {
    for (const array of this.opened.values()) await array.close();
    this.opened.clear();
  }
}
