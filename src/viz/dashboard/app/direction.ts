import type { PageEntry } from '../pageData';
import { bar, barRow, barTable } from './bars';
import type { DashboardData } from './dashboardData';
import { make } from './dom';
import { digits, short } from './numbers';
import { canvas, decoration, drawDecoder, drawScale } from './tiles';

/** The feature's decoder row: a picture where rows are images, else its largest weights. */
export function direction(data: DashboardData, index: number, entry: PageEntry): HTMLElement {
  return data.head.data.kind === 'image' ? tile(data, index, entry) : weights(entry);
}

function tile(data: DashboardData, index: number, entry: PageEntry): HTMLElement {
  const { limit } = data.head;
  const picture = canvas(`Decoder row of feature ${entry.feature} as an image`, 'large');
  drawDecoder(picture, data, index);
  const scale = decoration('scale');
  drawScale(scale, data);
  const ends = make(
    'div',
    { class: 'ends' },
    make('span', {}, short(-limit)),
    make('span', {}, '0'),
    make('span', {}, short(limit)),
  );
  return make('div', { class: 'direction' }, picture, make('div', {}, scale, ends));
}

function weights({ largestWeights = [] }: PageEntry): HTMLElement {
  if (largestWeights.length === 0) {
    return make('p', { class: 'empty' }, 'The report has no weights of this feature.');
  }
  const largest = Math.max(...largestWeights.map(({ weight }) => Math.abs(weight)));
  const rows = largestWeights.map(({ dimension, weight }) => {
    const share = largest > 0 ? Math.abs(weight) / largest : 0;
    return barRow(String(dimension), bar(share, weight < 0 ? 'below' : 'above'), digits(weight));
  });
  const head = make(
    'thead',
    { class: 'bar-headings' },
    make(
      'tr',
      {},
      make('th', { scope: 'col', class: 'bar-name dimension' }, 'dimension'),
      make('td', { class: 'bar-column' }),
      make('th', { scope: 'col', class: 'bar-number' }, 'weight'),
    ),
  );
  return barTable('Largest weights of the decoder row', rows, head);
}
