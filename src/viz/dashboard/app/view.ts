/** What a table can be sorted by. */
export const SORTS = [
  'score',
  'feature',
  'density',
  'mean',
  'max',
  'purity',
  'kurtosis',
  'tag',
  'class',
  'effect',
] as const;
export type Sort = (typeof SORTS)[number];

/** Which features are shown. */
export const SHOWS = ['all', 'alive', 'dead', 'mono', 'poly', 'few'] as const;
export type Show = (typeof SHOWS)[number];

/** What the page shows; it stands in the address behind `#`. */
export interface View {
  /** The feature whose page is open. */
  readonly feature: number | null;
  readonly sort: Sort;
  readonly descending: boolean;
  readonly show: Show;
  readonly query: string;
  /** Page of the table, from 1. */
  readonly page: number;
}

export const START: View = {
  feature: null,
  sort: 'score',
  descending: true,
  show: 'all',
  query: '',
  page: 1,
};

/** Whether a column's first click puts the largest first. */
export const largestFirst = (sort: Sort) => !['feature', 'tag', 'class'].includes(sort);

/** Whether two views show the same features in the same order. */
export const selectsSame = (a: View, b: View) =>
  (['sort', 'descending', 'show', 'query'] as const).every((part) => a[part] === b[part]);

/** The view of an address; what it does not say, or says wrongly, is as at the start. */
export function readView(hash: string): View {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const among = <T extends string>(name: string, known: readonly T[], otherwise: T) =>
    known.find((one) => one === given.get(name)) ?? otherwise;
  const sort = among('sort', SORTS, START.sort);
  const page = Number(given.get('page'));
  const feature = given.get('feature');
  return {
    feature: feature !== null && /^\d{1,9}$/.test(feature) ? Number(feature) : null,
    sort,
    descending: among('order', ['up', 'down'], largestFirst(sort) ? 'down' : 'up') === 'down',
    show: among('show', SHOWS, START.show),
    query: given.get('search') ?? '',
    page: Number.isSafeInteger(page) && page > 0 ? page : 1,
  };
}

/** The address of a view, as short as it can be. */
export function writeView({ feature, sort, descending, show, query, page }: View): string {
  const given = new URLSearchParams();
  if (feature !== null) given.set('feature', String(feature));
  if (sort !== START.sort) given.set('sort', sort);
  if (descending !== largestFirst(sort)) given.set('order', descending ? 'down' : 'up');
  if (show !== START.show) given.set('show', show);
  if (query !== '') given.set('search', query);
  if (page !== 1) given.set('page', String(page));
  return `#${given}`;
}
