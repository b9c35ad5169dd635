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
export const SHOWS = ['all', 'alive', 'dead', 'mono', 'poly', 'few', 'starred'] as const;
export type Show = (typeof SHOWS)[number];

/** What the page shows; it stands in the address behind `#`. */
export interface View {
  /** The feature whose page is open. */
  readonly feature: number | null;
  /** Whether inputs are tried. */
  readonly trying: boolean;
  /** The feature beside which it is held. */
  readonly against: number | null;
  readonly sort: Sort;
  readonly descending: boolean;
  readonly show: Show;
  /** Densities from here on. */
  readonly from: number | null;
  /** Densities below this one. */
  readonly below: number | null;
  readonly query: string;
  /** Page of the table, from 1. */
  readonly page: number;
}

export const START: View = {
  feature: null,
  trying: false,
  against: null,
  sort: 'score',
  descending: true,
  show: 'all',
  from: null,
  below: null,
  query: '',
  page: 1,
};

/** Whether a column's first click puts the largest first. */
export const largestFirst = (sort: Sort) => !['feature', 'tag', 'class'].includes(sort);

/** Whether two views show the same features in the same order. */
export const selectsSame = (a: View, b: View) =>
  (['sort', 'descending', 'show', 'from', 'below', 'query'] as const).every(
    (part) => a[part] === b[part],
  );

/** The view of an address; what it does not say, or says wrongly, is as at the start. */
export function readView(hash: string): View {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const among = <T extends string>(name: string, known: readonly T[], otherwise: T) =>
    known.find((one) => one === given.get(name)) ?? otherwise;
  const sort = among('sort', SORTS, START.sort);
  const page = Number(given.get('page'));
  const number = (name: string) => {
    const text = given.get(name);
    return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null;
  };
  const density = (name: string) => {
    const share = Number(given.get(name) ?? Number.NaN);
    return share > 0 && share <= 1 ? share : null;
  };
  const feature = number('feature');
  return {
    feature,
    trying: feature === null && given.get('try') === '1',
    against: feature === null ? null : number('against'),
    sort,
    descending: among('order', ['up', 'down'], largestFirst(sort) ? 'down' : 'up') === 'down',
    show: among('show', SHOWS, START.show),
    from: density('from'),
    below: density('below'),
    query: given.get('search') ?? '',
    page: Number.isSafeInteger(page) && page > 0 ? page : 1,
  };
}

/** The address of a view, as short as it can be. */
export function writeView(view: View): string {
  const { feature, trying, against, sort, descending, show, from, below, query, page } = view;
  const given = new URLSearchParams();
  if (feature !== null) given.set('feature', String(feature));
  if (feature === null && trying) given.set('try', '1');
  if (feature !== null && against !== null) given.set('against', String(against));
  if (sort !== START.sort) given.set('sort', sort);
  if (descending !== largestFirst(sort)) given.set('order', descending ? 'down' : 'up');
  if (show !== START.show) given.set('show', show);
  if (from !== null) given.set('from', String(from));
  if (below !== null) given.set('below', String(below));
  if (query !== '') given.set('search', query);
  if (page !== 1) given.set('page', String(page));
  return `#${given}`;
}
