import type { PageEntry } from '../pageData';
import type { DashboardData } from './dashboardData';
import { make } from './dom';
import { count, digits, percent, tenthPercent } from './numbers';

/** The feature's numbers, each with its meaning. */
export function facts(data: DashboardData, entry: PageEntry): HTMLElement {
  const { rows } = data.head.data;
  const fires = Math.round(entry.density * rows);
  const list: (readonly [name: string, value: string, meaning: string])[] = [
    ['density', percent(entry.density), `fires on ${count(fires)} of ${count(rows)} rows`],
    ['mean when active', digits(entry.meanActive), 'over the rows on which it fires'],
    ['mean', digits(entry.mean), 'over all rows'],
    ['maximum', digits(entry.max), 'largest activation'],
  ];
  if (entry.purity !== undefined) {
    const value = entry.purity === null ? '–' : tenthPercent(entry.purity);
    list.push(['purity', value, 'share of its largest class among those rows']);
  }
  list.push([
    'decoder kurtosis',
    digits(entry.kurtosis),
    'high where few weights make the direction',
  ]);
  return make('dl', { class: 'facts' }, ...list.map(fact));
}

const fact = ([name, value, meaning]: readonly [string, string, string]) =>
  make(
    'div',
    { class: 'fact' },
    make('dt', { class: 'fact-name' }, name),
    make('dd', { class: 'fact-value' }, value),
    make('dd', { class: 'meaning' }, meaning),
  );
