import type { DashboardData } from './dashboardData';
import { button, make } from './dom';
import { glossary } from './glossary';

const KEYS: readonly (readonly [keys: readonly string[], what: string])[] = [
  [['j', '↓'], 'next row of the table (arrows: while it has the focus)'],
  [['k', '↑'], 'previous row of the table'],
  [['Enter'], 'open the feature'],
  [['j', '→'], 'next feature, on a feature’s page'],
  [['k', '←'], 'previous feature'],
  [['s'], 'give the feature a star, or take it away'],
  [['Esc'], 'back to all features; in the search field: clear it'],
  [['/'], 'search'],
  [['?'], 'this help'],
];

/** Keys and glossary, in a window of their own. */
export function createHelp(data: DashboardData): { dialog: HTMLDialogElement; open(): void } {
  const rows = KEYS.map(([keys, what]) =>
    make(
      'tr',
      {},
      make(
        'th',
        { scope: 'row', class: 'keys-names' },
        ...keys.flatMap((key) => [make('kbd', { class: 'key' }, key), ' ']),
      ),
      make('td', {}, what),
    ),
  );
  const terms = glossary(data).flatMap(([word, meaning]) => [
    make('dt', { class: 'term' }, word),
    make('dd', { class: 'term-meaning' }, meaning),
  ]);
  const dialog = make(
    'dialog',
    { class: 'keys', 'aria-label': 'Help' },
    make(
      'div',
      { class: 'help-head' },
      make('h2', {}, 'Glossary'),
      button({ class: 'plain' }, () => dialog.close(), 'Close'),
    ),
    make('dl', { class: 'terms' }, ...terms),
    make('h2', {}, 'Keys'),
    make('table', { class: 'keys-table', 'aria-label': 'Keys' }, make('tbody', {}, ...rows)),
  );
  return { dialog, open: () => (dialog.open ? dialog.close() : dialog.showModal()) };
}
