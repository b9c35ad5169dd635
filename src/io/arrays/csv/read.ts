import { badCell, badContent, namingFile } from '../../../errors';
import { type ByteSource, type Openable, openSource } from '../../bytes/source';
import type { RowArray } from '../rowArray';
import { cellsOf, delimiterOf, numberIn } from './cells';
import { findLines, type Lines, type Stretch } from './lines';

const WRITE_AGAIN = 'Write numbers, a row a line, with the same cells in each.';

/**
 * Opens a text table of numbers: cells separated by commas, semicolons, tabs or blanks, quoted or
 * not, with or without a header line. One pass finds the lines; rows are read when they are
 * requested.
 *
 * @returns an array `[rows, cells]`; the caller closes it.
 * @throws SAE_FILE for a file that is missing, or has no rows of numbers.
 */
export async function openCsv(given: Openable): Promise<RowArray> {
  const source = await openSource(given);
  try {
    return await namingFile(source.name, () => arrayIn(source));
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function arrayIn(source: ByteSource): Promise<RowArray> {
  const lines = await findLines(source);
  /** Returns the text of some lines, and how many other lines precede them in it. */
  const textOf = async (line: number, count: number) => {
    const first = lines.stretches[stretchOf(lines, line)] as Stretch;
    const end = lines.stretches[stretchOf(lines, line + count - 1) + 1] as Stretch;
    const bytes = await source.read(first.start, end.start - first.start);
    // Without the byte order mark that some programs write.
    return { text: new TextDecoder().decode(bytes), before: line - first.line };
  };
  if (lines.count === 0) throw badContent('rows of numbers', 'none', WRITE_AGAIN);
  const { text } = await textOf(0, Math.min(2, lines.count));
  const delimiter = delimiterOf(text.split('\n', 1)[0] ?? '');
  const [top = [], next] = cellsOf(text, delimiter);
  const hasNames = top.every((cell) => numberIn(cell) === undefined);
  const { length: width } = hasNames && next ? next : top;
  const rows = lines.count - (hasNames ? 1 : 0);
  if (rows === 0) throw badContent('rows of numbers', 'a line of names alone', WRITE_AGAIN);
  return {
    name: source.name,
    shape: [rows, width],
    dtype: 'f8',
    read: (row, count) =>
      namingFile(source.name, async () => {
        const { text, before } = await textOf(row + (hasNames ? 1 : 0), count);
        const cells = cellsOf(text, delimiter).slice(before, before + count);
        // NumPy begins a header line with a character of its own.
        return numbersIn(cells, row, width, top.length === width && hasNames ? top : undefined);
      }),
    close: () => source.close(),
  };
}

/** Returns the number of the stretch that contains a line. */
function stretchOf({ stretches }: Lines, line: number): number {
  let [low, high] = [0, stretches.length - 2];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((stretches[middle] as Stretch).line <= line) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** @throws SAE_DATA if a row has cells that are not numbers, or a different number of cells. */
function numbersIn(
  rows: readonly (readonly string[])[],
  first: number,
  width: number,
  names: readonly string[] | undefined,
): Float64Array {
  const values = new Float64Array(rows.length * width);
  rows.forEach((cells, i) => {
    if (cells.length !== width) {
      const expected = `${width} cells in each row, as in the first one`;
      throw badCell(expected, `${cells.length} in row ${first + i}`);
    }
    cells.forEach((cell, column) => {
      const value = numberIn(cell);
      if (value === undefined) {
        const name = names === undefined ? '' : ` (${JSON.stringify(names[column])})`;
        const place = `row ${first + i}, column ${column}${name}`;
        throw badCell('numbers', `${JSON.stringify(cell.slice(0, 40))} in ${place}`);
      }
      values[i * width + column] = value;
    });
  });
  return values;
}
