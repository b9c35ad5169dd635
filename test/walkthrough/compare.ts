/** What a run of a notebook has shown, against what the committed notebook shows. */
import { decode } from 'fast-png';

/** Text as notebooks keep it: whole, or line by line. */
type Text = string | string[];
type Output = { output_type: string; name?: string; text?: Text; data?: Record<string, Text> };

/** A notebook, as far as it is compared. */
export interface Notebook {
  cells: { cell_type: string; source: Text; outputs?: Output[] }[];
}

/**
 * How far a number may be from the committed one: for this share of it, or by this much.
 *
 * On one processor all of them come out the same; on others sums may be rounded otherwise.
 */
export const TOLERANCE = { relative: 0.02, absolute: 0.02 };
const NUMBER = /-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi;
/** A picture that is all of one colour shows nothing. */
const FEWEST_GREYS = 8;

const whole = (text: Text = ''): string => (Array.isArray(text) ? text.join('') : text);

/**
 * Each difference as a line of text; none where both show the same.
 *
 * Words have to be the same, and numbers within {@link TOLERANCE}. Pictures have to be there, as
 * large as the committed ones, and not empty: what they show hangs on numbers that are compared.
 */
export function differences(committed: Notebook, executed: Notebook): string[] {
  const found: string[] = [];
  if (committed.cells.length !== executed.cells.length) {
    found.push(`${executed.cells.length} cells in place of ${committed.cells.length}`);
  }
  committed.cells.forEach((cell, i) => {
    const where = `cell ${i}`;
    const wanted = cell.outputs ?? [];
    const shown = executed.cells[i]?.outputs ?? [];
    if (cell.cell_type === 'code' && kinds(wanted) !== kinds(shown)) {
      found.push(`${where}: shows ${kinds(shown)}; the committed one ${kinds(wanted)}`);
      return;
    }
    wanted.forEach((output, k) => {
      found.push(...outputDifferences(where, output, shown[k] as Output));
    });
  });
  return found;
}

/** What is shown, in order. */
const kinds = (outputs: Output[]): string =>
  outputs.map(({ name, data }) => name ?? Object.keys(data ?? {}).join('+')).join(', ') ||
  'nothing';

function outputDifferences(where: string, wanted: Output, shown: Output): string[] {
  if (shown.name === 'stderr') return [`${where}: an error was written: ${whole(shown.text)}`];
  if (wanted.text !== undefined)
    return textDifferences(where, whole(wanted.text), whole(shown.text));
  return Object.entries(wanted.data ?? {}).flatMap(([kind, content]) => {
    const [before, now] = [whole(content), whole(shown.data?.[kind])];
    if (kind === 'image/png') return pngDifferences(where, before, now);
    if (kind === 'image/svg+xml') return svgDifferences(where, before, now);
    return textDifferences(where, before, now);
  });
}

function textDifferences(where: string, wanted: string, shown: string): string[] {
  const words = (text: string) => text.replace(NUMBER, '#').replace(/\s+/g, ' ').trim();
  if (words(wanted) !== words(shown)) {
    return [`${where}: says "${shown.trim()}"; the committed one "${wanted.trim()}"`];
  }
  const numbers = (text: string) => (text.match(NUMBER) ?? []).map(Number);
  const now = numbers(shown);
  return numbers(wanted).flatMap((before, i) => {
    const value = now[i] as number;
    const allowed = Math.max(TOLERANCE.absolute, TOLERANCE.relative * Math.abs(before));
    return Math.abs(value - before) <= allowed
      ? []
      : [`${where}: ${value}, where the committed one has ${before}`];
  });
}

function pngDifferences(where: string, wanted: string, shown: string): string[] {
  const [before, now] = [wanted, shown].map((text) => decode(Buffer.from(text, 'base64')));
  if (before === undefined || now === undefined) throw new Error('two pictures went in');
  const size = ({ width, height }: typeof now) => `${width} × ${height}`;
  if (size(before) !== size(now)) {
    return [`${where}: a picture of ${size(now)}; the committed one has ${size(before)}`];
  }
  return new Set(now.data).size < FEWEST_GREYS ? [`${where}: an empty picture`] : [];
}

/** Charts have to have the same parts. */
function svgDifferences(where: string, wanted: string, shown: string): string[] {
  const parts = (svg: string) => {
    const marks = svg.match(/aria-label="[^"]*"/g) ?? [];
    return marks.join(' ');
  };
  const drawn = (svg: string) => (svg.match(/<(?:path|rect|circle)\b/g) ?? []).length;
  if (parts(wanted) !== parts(shown)) {
    return [`${where}: a chart of ${parts(shown)}; the committed one of ${parts(wanted)}`];
  }
  return drawn(shown) === 0 ? [`${where}: an empty chart`] : [];
}
