import { APP_ID } from '../pageData';
import { createAddress } from './address';
import { forgetWaiting } from './afterPaint';
import { DashboardData } from './dashboardData';
import { button, make } from './dom';
import { createFeatureView } from './featureView';
import { createHelp } from './help';
import { listenToKeys } from './keyboard';
import { createOverview } from './overview';
import { select } from './selection';
import { showStars } from './starButton';
import { PAGE_ROWS } from './table';
import { themeSwitch } from './theme';
import { createTryPage } from './tryPage';
import { readView, START, selectsSame, type View, writeView } from './view';
import { whenRead } from './whenRead';

/** Draws the page, and again whenever what it is to show changes. */
export function startDashboard(): void {
  const app = document.getElementById(APP_ID);
  if (app === null) return;
  const data = new DashboardData();
  let view = readView(location.hash);
  let selection = select(data, view);
  /** Whose row has the focus when the overview comes back. */
  let lastOpened: number | undefined;
  let overviewScroll = 0;

  const address = createAddress((hash) => show(readView(hash)));
  const go = (change: Partial<View>, how: 'push' | 'replace' = 'replace') => {
    const next = { ...view, ...change };
    address[how](writeView(next));
    show(next);
  };
  const isReading = () => view.feature !== null || view.trying;
  const addressOf = (index: number) =>
    writeView({ ...view, feature: data.value('feature', index), trying: false, against: null });
  const open = (index: number) =>
    go({ feature: data.value('feature', index), trying: false, against: null }, 'push');

  const overview = createOverview(data, {
    search: (query) => go({ query, page: 1 }),
    filter: (show) => go({ show, page: 1 }),
    density: (from, below) => go({ from, below, page: 1 }),
    openFirst: () => {
      const asked = Number(view.query.trim().replace(/^f?#/i, '') || Number.NaN);
      const first = data.indexOf(asked) ?? selection[0];
      if (first !== undefined) open(first);
    },
    sort: (sort, descending) => go({ sort, descending, page: 1 }),
    page: (page) => go({ page }),
    address: addressOf,
    open,
  });
  const feature = createFeatureView(data, addressOf, (against) => go({ against }, 'push'));
  const help = createHelp(data);
  const tries = make('div', { hidden: true });
  const home = make('a', { class: 'home' });
  const masthead = make(
    'header',
    { class: 'masthead' },
    home,
    data.encoder === undefined
      ? null
      : make('a', { class: 'plain try-link', href: '#try=1' }, 'Try an input'),
    themeSwitch(() => overview.scatter.draw()),
    button(
      { class: 'plain', 'aria-label': 'Help', title: 'Glossary and keys (?)' },
      help.open,
      '?',
    ),
  );
  const main = make('main', { id: 'main' }, overview.element, feature.element, tries);
  app.replaceChildren(masthead, main, help.dialog);

  const label = (title: string, text: string | null) => {
    document.title = title;
    if (text === null) {
      home.removeAttribute('href');
      home.replaceChildren('Feature dashboard');
    } else {
      home.href = '#';
      home.replaceChildren(make('bdi', {}, text));
    }
  };
  const showOverview = (back: boolean, redrawn = true) => {
    const pages = Math.max(1, Math.ceil(selection.length / PAGE_ROWS));
    if (view.page > pages) view = { ...view, page: pages };
    feature.hide();
    tries.hidden = true;
    overview.element.hidden = false;
    label(data.head.title, null);
    overview.controls.show(view, selection.length);
    overview.density.show(view);
    if (redrawn) {
      overview.table.show(selection, view);
      overview.scatter.show(selection);
    }
    if (!back) return;
    window.scrollTo(0, overviewScroll);
    if (lastOpened === undefined || !overview.table.focus(lastOpened)) overview.heading.focus();
  };
  const showTries = () => {
    overview.element.hidden = true;
    feature.hide();
    label(`Try an input · ${data.head.title}`, data.head.title);
    // Made once: what was tried is still there when one comes back from a feature.
    if (tries.childElementCount === 0) {
      tries.append(createTryPage(data, { back: writeView(START), address: addressOf }));
    }
    tries.hidden = false;
    tries.querySelector('h1')?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  };
  const showFeature = (number: number) => {
    overview.element.hidden = true;
    tries.hidden = true;
    label(`Feature ${number} · ${data.head.title}`, data.head.title);
    lastOpened = data.indexOf(number);
    feature.show(number, view, selection);
    window.scrollTo(0, 0);
  };

  function show(next: View, first = false): void {
    const before = view;
    view = next;
    forgetWaiting();
    if (before.feature === null && !before.trying && !first) overviewScroll = window.scrollY;
    // Stars and notes may have changed meanwhile.
    const isMarked = next.show === 'starred' || next.query !== '';
    if (isMarked || !selectsSame(before, next)) selection = select(data, next);
    const number = next.feature;
    if (next.trying) {
      whenRead(() => view === next && showTries());
      return;
    }
    if (number === null) {
      showOverview(before.feature !== null || before.trying);
      return;
    }
    // A feature's pieces stand behind this program in the file.
    if (document.readyState === 'loading') feature.announce(number, next);
    whenRead(() => view === next && showFeature(number));
  }

  /** Moves the focus through the table, from page to page. */
  const walk = (by: 1 | -1) => {
    const from = overview.table.focused ?? lastOpened;
    const at = from === undefined ? -1 : selection.indexOf(from);
    const to = at < 0 ? (view.page - 1) * PAGE_ROWS : at + by;
    const index = selection[to];
    if (index === undefined) return;
    const page = Math.floor(to / PAGE_ROWS) + 1;
    if (page !== view.page) go({ page });
    overview.table.focus(index);
  };
  listenToKeys({
    step: (by) => {
      if (view.trying) return;
      if (view.feature === null) walk(by);
      else {
        const index = feature.beside(by);
        if (index !== undefined)
          go({ feature: data.value('feature', index), trying: false, against: null });
      }
    },
    back: () =>
      view.against === null
        ? go({ feature: null, trying: false, page: feature.tablePage ?? view.page }, 'push')
        : go({ against: null }, 'push'),
    clear: () => {
      const { search } = overview.controls;
      if (search.value === '') search.blur();
      search.value = '';
      go({ query: '', page: 1 });
    },
    search: () => {
      if (isReading()) go({ feature: null, trying: false, against: null }, 'push');
      overview.controls.search.focus();
      overview.controls.search.select();
    },
    star: () => {
      const index = overview.table.focused;
      const starred = view.feature ?? (index === undefined ? null : data.value('feature', index));
      if (starred !== null && data.indexOf(starred) !== undefined) data.marks.toggle(starred);
    },
    help: help.open,
    get reading() {
      return isReading();
    },
    get inTable() {
      return overview.table.focused !== undefined;
    },
  });

  data.marks.onChange(() => {
    showStars(data.marks);
    if (isReading()) return;
    // Of what is searched for nothing goes while somebody reads it.
    if (view.show === 'starred') selection = select(data, view);
    showOverview(false, view.show === 'starred');
  });
  show(view, true);
  overview.element.hidden = isReading();
}
