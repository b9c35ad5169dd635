import { afterPaint } from './afterPaint';
import { tableColumns } from './columns';
import type { DashboardData } from './dashboardData';
import { button, make } from './dom';
import { count } from './numbers';
import { starButton } from './starButton';
import { decoration, drawDecoder } from './tiles';
import { largestFirst, type Sort, type View } from './view';
import { whenRead } from './whenRead';

/** Rows of a page of the table: more would be a wait, and no help. */
export const PAGE_ROWS = 50;

/** What the table asks for. */
export interface TableActions {
  sort(by: Sort, descending: boolean): void;
  page(page: number): void;
  /** The address of a feature's page. */
  address(index: number): string;
  open(index: number): void;
}

/** The overview's table. */
export interface Table {
  readonly element: HTMLElement;
  show(selection: Uint32Array, view: View): void;
  /** Puts the focus on the row of a feature, where it is shown. */
  focus(index: number): boolean;
  /** The feature whose row has the focus. */
  readonly focused: number | undefined;
}

/** A table of the selected features, a page of them at a time. */
export function createTable(data: DashboardData, actions: TableActions): Table {
  const columns = tableColumns(data);
  const headings = new Map<Sort, HTMLElement>();
  let view: View | undefined;
  const heading = (sort: Sort | null, text: string, meaning: string, className: string) => {
    if (sort === null)
      return make(
        'th',
        { scope: 'col', class: `heading ${className}` },
        make('span', { class: 'heading-text', title: meaning }, text),
      );
    const act = () => {
      const again = view?.sort === sort;
      actions.sort(sort, again ? !view?.descending : largestFirst(sort));
    };
    const cell = make(
      'th',
      { scope: 'col', class: `heading ${className}` },
      button(
        { class: 'heading-text', title: meaning },
        act,
        text,
        make('span', { class: 'arrow', 'aria-hidden': 'true' }),
      ),
    );
    headings.set(sort, cell);
    return cell;
  };
  const head = make(
    'tr',
    {},
    heading('feature', 'feature', 'Number of the feature in its dictionary', 'first'),
    ...columns.map(({ sort, heading: text, meaning, numeric }) =>
      heading(sort, text, meaning, numeric ? 'number' : 'word'),
    ),
  );
  const body = make('tbody');
  const table = make(
    'table',
    { class: 'feature-table', 'aria-label': 'Features' },
    make('thead', {}, head),
    body,
  );
  const pager = createPager(actions.page);
  const nothing = make('p', { class: 'empty', hidden: true }, 'No feature is like that.');
  const scroller = make(
    'div',
    { class: 'scroller', tabindex: 0, role: 'region', 'aria-label': 'Table of features' },
    table,
  );
  const element = make('div', { class: 'features' }, scroller, nothing, pager.element);

  const row = (index: number) => {
    const feature = data.value('feature', index);
    const link = make('a', {
      class: 'feature-link',
      href: actions.address(index),
      'data-index': index,
    });
    if (data.head.data.kind === 'image') {
      const tile = decoration('thumb');
      whenRead(() => afterPaint(() => drawDecoder(tile, data, index)));
      link.append(tile);
    }
    link.append(make('span', { class: 'hidden' }, 'Feature '), String(feature));
    const star = starButton(data.marks, feature, false);
    const cells = columns.map(({ numeric, cell }) =>
      make('td', { class: `cell ${numeric ? 'number' : 'word'}` }, cell(index)),
    );
    const element = make(
      'tr',
      { class: 'row' },
      make(
        'th',
        { scope: 'row', class: 'cell first' },
        make('div', { class: 'first-parts' }, link, star),
      ),
      ...cells,
    );
    element.addEventListener('click', (event) => {
      const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0;
      if (elsewhere || document.getSelection()?.isCollapsed === false) return;
      event.preventDefault();
      actions.open(index);
    });
    return element;
  };
  const linkOf = (index: number) =>
    body.querySelector<HTMLAnchorElement>(`a[data-index="${index}"]`);

  return {
    element,
    show(selection, shown) {
      view = shown;
      for (const [sort, cell] of headings) {
        const order = shown.descending ? 'descending' : 'ascending';
        cell.setAttribute('aria-sort', sort === shown.sort ? order : 'none');
      }
      const first = (shown.page - 1) * PAGE_ROWS;
      const part = selection.subarray(first, first + PAGE_ROWS);
      body.replaceChildren();
      body.append(...Array.from(part, row));
      nothing.hidden = selection.length > 0;
      scroller.hidden = selection.length === 0;
      pager.show(shown.page, selection.length);
    },
    focus(index) {
      const link = linkOf(index);
      link?.focus();
      link?.closest('tr')?.scrollIntoView({ block: 'nearest' });
      return link !== null;
    },
    get focused() {
      const index = (document.activeElement as HTMLElement | null)?.dataset['index'];
      return index === undefined ? undefined : Number(index);
    },
  };
}

function createPager(go: (page: number) => void) {
  let page = 1;
  const back = button(
    { class: 'pager-step', 'aria-label': 'Previous rows' },
    () => go(page - 1),
    '‹',
  );
  const on = button({ class: 'pager-step', 'aria-label': 'Next rows' }, () => go(page + 1), '›');
  const place = make('span');
  const element = make(
    'nav',
    { class: 'pager', 'aria-label': 'Rows of the table' },
    back,
    place,
    on,
  );
  return {
    element,
    show(shown: number, rows: number) {
      page = shown;
      element.hidden = rows <= PAGE_ROWS;
      const last = Math.min(shown * PAGE_ROWS, rows);
      place.textContent = `${count((shown - 1) * PAGE_ROWS + 1)}–${count(last)} of ${count(rows)}`;
      back.disabled = shown === 1;
      on.disabled = last === rows;
    },
  };
}
