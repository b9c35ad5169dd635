import { type Child, make } from './dom';

/** A horizontal bar beside the number that it shows. */
export function bar(share: number, className = ''): HTMLElement {
  const filled = make('span', { class: `bar ${className}` });
  filled.style.width = `${Math.min(100, Math.max(0, 100 * share))}%`;
  return make('span', { class: 'bar-track', 'aria-hidden': 'true' }, filled);
}

/** A row of a table of bars. */
export function barRow(name: Child, ofBar: HTMLElement, number: string): HTMLElement {
  return make(
    'tr',
    {},
    make('th', { scope: 'row', class: 'bar-name' }, name),
    make('td', { class: 'bar-column' }, ofBar),
    make('td', { class: 'bar-number' }, number),
  );
}

/** A table of bars. */
export function barTable(label: string, rows: readonly HTMLElement[], head: Child = null) {
  return make(
    'table',
    { class: 'bar-table', 'aria-label': label },
    head,
    make('tbody', {}, ...rows),
  );
}
