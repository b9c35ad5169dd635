import { type Column, type PageWords, TAGS } from '../pageData';
import type { Show, Sort, View } from './view';

/** What is known of the features that are selected among. */
export interface Selectable {
  readonly size: number;
  readonly columns: Readonly<Record<Column, Float32Array>>;
  className(label: number): string;
  readonly words: PageWords | undefined;
  /** What somebody has made of the features; nothing where that is not asked for. */
  readonly marks?: { isStarred(feature: number): boolean; note(feature: number): string };
}

/** The features that a view shows, in its order, as places in the columns. */
export function select(data: Selectable, view: View): Uint32Array {
  const { show, query, sort, descending } = view;
  const shown = showing(data, show);
  const inRange = within(data, view);
  const found = matching(data, query);
  const indices = Uint32Array.from({ length: data.size }, (_, i) => i).filter(
    (i) => shown(i) && inRange(i) && found(i),
  );
  return sorted(data, indices, sort, descending);
}

/** How many features each filter shows. */
export const countOf = (data: Selectable, show: Show): number => {
  const shown = showing(data, show);
  let count = 0;
  for (let i = 0; i < data.size; i++) if (shown(i)) count += 1;
  return count;
};

/** Densities from the one border up to, but not with, the other, as float32 like the densities; 1 is within. */
function within({ columns }: Selectable, { from, below }: View): (index: number) => boolean {
  const least = from === null ? Number.NEGATIVE_INFINITY : Math.fround(from);
  const end = below === null || below >= 1 ? Number.POSITIVE_INFINITY : Math.fround(below);
  return (i) => (columns.density[i] as number) >= least && (columns.density[i] as number) < end;
}

function showing({ columns, marks }: Selectable, show: Show): (index: number) => boolean {
  const { feature, density, tag } = columns;
  if (show === 'starred') return (i) => marks?.isStarred(feature[i] as number) === true;
  if (show === 'all') return () => true;
  if (show === 'alive') return (i) => (density[i] as number) > 0;
  if (show === 'dead') return (i) => density[i] === 0;
  return (i) => tag[i] === TAGS[show];
}

/** By the first digits of its number, or a part of a name: of its commonest class, MONO's, a token, a note. */
function matching(data: Selectable, query: string): (index: number) => boolean {
  const wanted = query.trim().toLowerCase();
  if (wanted === '') return () => true;
  const { feature, label, monoLabel } = data.columns;
  const digits = /^(?:f?#)?(\d+)$/.exec(wanted)?.[1];
  const classes = new Map<number, boolean>();
  const classMatches = (of: number) => {
    if (!Number.isFinite(of)) return false;
    const known = classes.get(of) ?? data.className(of).toLowerCase().includes(wanted);
    classes.set(of, known);
    return known;
  };
  const { words = [], byFeature = [] } = data.words ?? {};
  const wordMatches = words.map((word) => word.toLowerCase().includes(wanted));
  return (i) =>
    (digits !== undefined && String(feature[i]).startsWith(digits)) ||
    classMatches(label[i] as number) ||
    classMatches(monoLabel[i] as number) ||
    byFeature[i]?.some((word) => wordMatches[word]) === true ||
    data.marks
      ?.note(feature[i] as number)
      .toLowerCase()
      .includes(wanted) === true;
}

/** Sorted by a column; what has no value there comes last, equal ones by number. */
function sorted(data: Selectable, indices: Uint32Array, sort: Sort, descending: boolean) {
  const sign = descending ? -1 : 1;
  const values = valuesOf(data, sort);
  return indices.sort((a, b) => {
    const x = values[a] as number;
    const y = values[b] as number;
    if (x === y) return a - b;
    if (Number.isNaN(x)) return Number.isNaN(y) ? a - b : 1;
    return Number.isNaN(y) ? -1 : sign * (x - y);
  });
}

/** What is sorted by; effects by their size, whatever their sign. */
function valuesOf(data: Selectable, sort: Sort): Float32Array {
  if (sort === 'class') return namesInOrder(data);
  return sort === 'effect' ? data.columns.effect.map(Math.abs) : data.columns[sort];
}

/** By feature: the place of its class among the classes' names in the order of the alphabet. */
function namesInOrder(data: Selectable): Float32Array {
  const { label } = data.columns;
  const labels = [...new Set(label)].filter(Number.isFinite);
  labels.sort((a, b) => data.className(a).localeCompare(data.className(b)) || a - b);
  const place = new Map(labels.map((of, i) => [of, i]));
  return label.map((of) => place.get(of) ?? Number.NaN);
}
