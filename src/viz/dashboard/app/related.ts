import type { PageEntry } from '../pageData';
import { afterPaint } from './afterPaint';
import type { DashboardData } from './dashboardData';
import { make } from './dom';
import { digits } from './numbers';
import { shortText } from './strangersText';
import { decoration, drawDecoder } from './tiles';
import { visibleToken } from './visibleToken';

/** Where a feature's page is; undefined for one that the report is not about. */
type AddressOf = (feature: number) => string | undefined;

/** Features whose decoder rows point most nearly the same way. */
export const neighbours = (
  data: DashboardData,
  entry: PageEntry,
  address: AddressOf,
  against: (feature: number) => string,
) =>
  list(
    data,
    entry.neighbours.map(({ feature, cosine }) => ({ feature, measure: digits(cosine) })),
    'Cosine of the two decoder rows',
    address,
    against,
  );

/** Features that fire most often on the same rows. */
export const coactive = (
  data: DashboardData,
  entry: PageEntry,
  address: AddressOf,
  against: (feature: number) => string,
) =>
  list(
    data,
    entry.coactive.map(({ feature, jaccard }) => ({ feature, measure: digits(jaccard) })),
    `${data.rowsWord === 'rows' ? 'Rows' : 'Positions'} on which both fire, as a share of those on which either does${sample(data)}`,
    address,
    against,
  );

function sample(data: DashboardData): string {
  const { rows, coactiveRows } = data.head.data;
  return coactiveRows < rows ? `; over ${data.countedRows(coactiveRows)} drawn at random` : '';
}

interface Relative {
  readonly feature: number;
  readonly measure: string;
}

function list(
  data: DashboardData,
  relatives: readonly Relative[],
  meaning: string,
  address: AddressOf,
  against: (feature: number) => string,
): HTMLElement {
  if (relatives.length === 0) return make('p', { class: 'empty' }, 'The report names none.');
  const items = relatives.map(({ feature, measure }) => {
    const index = data.indexOf(feature);
    const href = address(feature);
    const name = make('span', { class: 'relative-name' }, String(feature));
    const parts: HTMLElement[] = [name, make('span', { class: 'measure' }, measure)];
    if (index === undefined || href === undefined) {
      return make('li', {}, make('span', { class: 'relative' }, ...parts));
    }
    const about = aboutIt(data, index);
    if (about !== null) name.append(' ', make('span', { class: 'relative-about' }, about));
    if (data.head.data.kind === 'image') {
      const tile = decoration('small');
      afterPaint(() => drawDecoder(tile, data, index));
      parts.unshift(tile);
    }
    const label = `Compare with feature ${feature}`;
    return make(
      'li',
      { class: 'relative-item' },
      make('a', { class: 'relative', href }, ...parts),
      make(
        'a',
        { class: 'relative-against', href: against(feature), 'aria-label': label, title: label },
        '⇄',
      ),
    );
  });
  return make(
    'div',
    {},
    make('p', { class: 'meaning' }, meaning),
    make('ul', { class: 'relatives' }, ...items),
  );
}

/** What it fires on, in a word. */
function aboutIt(data: DashboardData, index: number): HTMLElement | string | null {
  const [token] = data.topTokens(index);
  if (token !== undefined) return shortText(visibleToken(token), 16);
  const label = data.value('label', index);
  if (Number.isFinite(label)) return shortText(data.className(label), 20);
  return data.value('density', index) === 0 ? 'dead' : null;
}
