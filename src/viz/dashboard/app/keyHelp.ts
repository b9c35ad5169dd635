import { button, make } from './dom';

const KEYS: readonly (readonly [keys: readonly string[], what: string])[] = [
  [['j', '↓'], 'next row of the table (arrows: while it has the focus)'],
  [['k', '↑'], 'previous row of the table'],
  [['Enter'], 'open the feature'],
  [['j', '→'], 'next feature, on a feature’s page'],
  [['k', '←'], 'previous feature'],
  [['Esc'], 'back to all features; in the search field: clear it'],
  [['/'], 'search'],
  [['?'], 'these keys'],
];

/** The list of keys, in a window of its own. */
export function keyHelp(): { dialog: HTMLDialogElement; open(): void } {
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
  const dialog = make(
    'dialog',
    { class: 'keys', 'aria-labelledby': 'keys-heading' },
    make('h2', { id: 'keys-heading' }, 'Keys'),
    make('table', { class: 'keys-table' }, make('tbody', {}, ...rows)),
    button({ class: 'plain' }, () => dialog.close(), 'Close'),
  );
  return { dialog, open: () => (dialog.open ? dialog.close() : dialog.showModal()) };
}
