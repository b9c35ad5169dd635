/** The tables of docs/backends.md: what ran where, how far from Python it was, what is otherwise. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DIFFERENCES, type Difference, LEFT_OUT, REPEATED } from './differences';
import { isLeftOut, NUMERIC_FILES, NUMERIC_ROOMS } from './numericFiles.mts';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const DOCUMENT = join(root, 'docs', 'backends.md');

/** In the order of the columns. */
export const TESTED_BACKENDS = ['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'] as const;

interface Count {
  backend: string;
  file: string;
  tests: number;
}
interface Parity {
  title: string;
  rows: { quantity: string; value: number; limit: number }[];
}

/** What a run has left in a folder of the cache. */
function left<T>(folder: string): T[] {
  const place = join(root, '.cache', folder);
  if (!existsSync(place)) return [];
  return readdirSync(place)
    .sort()
    .map((file) => JSON.parse(readFileSync(join(place, file), 'utf8')) as T);
}

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly string[][], other = '---') =>
  [row(head), row(head.map((_, i) => (i === 0 ? '---' : other))), ...rows.map(row)].join('\n');
/** How columns of numbers stand; the site breaks none of them. */
const NUMBERS = '--:';

/** How many tests ran, by room and backend. */
export function countsTable(): string {
  const counts = left<Count>('backends').filter(({ file }) => NUMERIC_FILES.includes(file));
  const sum = (backend: string, room: string) =>
    counts
      .filter((count) => count.backend === backend && count.file.startsWith(`test/${room}`))
      .reduce((total, { tests }) => total + tests, 0);
  const rows = NUMERIC_ROOMS.map((room) => [
    `\`test/${room}\``,
    ...TESTED_BACKENDS.map((backend) =>
      isLeftOut(backend, room) ? '–' : String(sum(backend, `${room}/`)),
    ),
  ]);
  const all = ['all', ...TESTED_BACKENDS.map((backend) => String(sum(backend, '')))];
  return table(['tests in', ...TESTED_BACKENDS], [...rows, all], NUMBERS);
}

/** A limit, as the tables show it. */
export const shownLimit = (limit: number): string => (limit === 0 ? '0' : limit.toExponential(0));

/** Each quantity that was compared with Python's, with its limit and its values by backend. */
export function quantities(): Map<string, { limit: number; values: Map<string, number> }> {
  const found = new Map<string, { limit: number; values: Map<string, number> }>();
  for (const { title, rows } of left<Parity>('parity')) {
    const backend = title.split(', ').at(-1) as string;
    for (const { quantity, limit, value } of rows) {
      const entry = found.get(quantity) ?? { limit, values: new Map() };
      entry.values.set(backend, value);
      found.set(quantity, entry);
    }
  }
  // Those of full size and those with Python beside run on one backend alone.
  return new Map([...found].filter(([, { values }]) => values.has('cpu')));
}

/** The largest difference from Python, by quantity and backend. */
export function parityTable(): string {
  const shown = (value: number | undefined) => value?.toExponential(1) ?? '–';
  const rows = [...quantities()].map(([quantity, { limit, values }]) => [
    quantity,
    shownLimit(limit),
    ...TESTED_BACKENDS.map((backend) => shown(values.get(backend))),
  ]);
  return table(['largest difference of', 'allowed', ...TESTED_BACKENDS], rows, NUMBERS);
}

/** What tests ask of one backend and not of another. */
export function differencesTable(): string {
  const rows = Object.values(DIFFERENCES as Record<string, Difference>).map((each) => [
    each.backends.join(', '),
    each.there.replace('REPEATED', `${REPEATED} of the largest weight`),
    each.elsewhere,
    each.reason,
    each.file.replace(/test\/[\w/.]+/g, '`$&`'),
  ]);
  const leftOut = LEFT_OUT.map(({ backend, rooms, reason }) => [
    backend,
    'nothing',
    'all of it',
    reason,
    rooms.map((room) => `\`test/${room}\``).join(', '),
  ]);
  rows.push(...leftOut);
  return table(['on', 'what is tested', 'elsewhere', 'because', 'in'], rows);
}

/** A document with the text between a table's two markers replaced. */
export function withTable(document: string, name: string, text: string): string {
  const place = new RegExp(`(<!-- ${name} -->\n)[^]*(\n<!-- /${name} -->)`);
  if (!place.test(document)) throw new Error(`docs/backends.md has no place for ${name}`);
  return document.replace(place, (_, start: string, end: string) => start + text + end);
}

/** The text between a table's two markers. */
export function tableIn(document: string, name: string): string {
  const [, text] = new RegExp(`<!-- ${name} -->\n([^]*)\n<!-- /${name} -->`).exec(document) ?? [];
  if (text === undefined) throw new Error(`docs/backends.md has no place for ${name}`);
  return text;
}
