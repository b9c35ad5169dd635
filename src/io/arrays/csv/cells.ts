/** Possible delimiters between the cells of a line, the likeliest first. */
const DELIMITERS = [',', ';', '\t', ' '];

/** Returns the delimiter of a text, judging by its first line; a comma if that has one cell. */
export function delimiterOf(line: string): string {
  const plain = line.replace(/"[^"]*"/g, '').trim();
  return DELIMITERS.find((delimiter) => plain.includes(delimiter)) ?? ',';
}

/**
 * Returns the cells of each line that is not empty, as in RFC 4180. A quoted cell ends with the
 * next quote, and two quotes within it stand for one; blanks around a cell are ignored.
 *
 * @param text whole lines
 */
export function cellsOf(text: string, delimiter: string): string[][] {
  if (text.includes('"')) return quotedCellsOf(text, delimiter);
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  return lines.map((line) => {
    const cells = (delimiter === ' ' ? line.trim() : line).split(delimiter);
    return cells.map((cell) => cell.trim());
  });
}

function quotedCellsOf(text: string, delimiter: string): string[][] {
  const lines: string[][] = [];
  let cells: string[] = [];
  let cell = '';
  let isQuoted = false;
  const endCell = () => {
    cells.push(cell.trim());
    cell = '';
  };
  const endLine = () => {
    endCell();
    if (cells.length > 1 || cells[0] !== '') lines.push(cells);
    cells = [];
  };
  for (let i = 0; i < text.length; i++) {
    const character = text[i] as string;
    if (character === '"' && isQuoted && text[i + 1] === '"') {
      cell += '"';
      i++;
    } else if (character === '"') isQuoted = !isQuoted;
    else if (isQuoted) cell += character;
    else if (character === '\n') endLine();
    else if (character === delimiter) endCell();
    else cell += character;
  }
  if (cell !== '' || cells.length > 0) endLine();
  return lines;
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** How Python, NumPy, R and JavaScript write them. */
const NOT_FINITE = /^[+-]?(nan|na|inf|infinity)$/i;

/**
 * Returns the number in a cell: NaN for one that is not finite; undefined for anything but a
 * number.
 */
export function numberIn(cell: string): number | undefined {
  if (NUMBER.test(cell)) return Number(cell);
  return NOT_FINITE.test(cell) ? Number.NaN : undefined;
}
