import { comparePage } from './compare';
import type { DashboardData } from './dashboardData';
import { make } from './dom';
import { featurePage, type Surroundings } from './featurePage';
import { count } from './numbers';
import { select } from './selection';
import { PAGE_ROWS } from './table';
import { complain } from './trouble';
import { START, type View, writeView } from './view';

const NOT_IN_IT = 'The report is not about this feature.';

/** The place where a feature's page is shown. */
export interface FeatureView {
  readonly element: HTMLElement;
  /** Shows a feature among those that are selected. */
  show(feature: number, view: View, selection: Uint32Array): void;
  /** Stands for a feature whose part of the file has not been read yet. */
  announce(feature: number, view: View): void;
  hide(): void;
  /** The feature before or behind the one that is shown. */
  beside(by: 1 | -1): number | undefined;
  /** Page of the overview's table on which the feature is. */
  readonly tablePage: number | undefined;
}

export function createFeatureView(
  data: DashboardData,
  address: (index: number) => string,
  compare: (feature: number) => void,
): FeatureView {
  const element = make('div', { hidden: true });
  let around: Surroundings | undefined;
  let tablePage: number | undefined;

  /** Its neighbours in the selection; where it is not selected, among all by number. */
  const surroundings = (index: number, view: View, selection: Uint32Array): Surroundings => {
    const place = selection.indexOf(index);
    const selected = place >= 0;
    const all = { ...START, sort: 'feature', descending: false } as const;
    const among = selected ? selection : select(data, all);
    const at = selected ? place : among.indexOf(index);
    tablePage = selected ? Math.floor(at / PAGE_ROWS) + 1 : undefined;
    const part = among.length < data.size ? ' selected' : '';
    return {
      previous: among[at - 1],
      next: among[at + 1],
      place: `${count(at + 1)} of ${count(among.length)}${part}`,
      overview: overviewOf(view, tablePage),
      address,
      against: (other) => writeView({ ...view, against: other }),
      compare,
    };
  };

  /** The feature's own page, or held against another one. */
  const pageOf = (index: number, around: Surroundings, view: View): HTMLElement => {
    if (view.against === null) return featurePage(data, index, around);
    const feature = data.value('feature', index);
    const other = data.indexOf(view.against);
    if (other === undefined) return notice(view.against, NOT_IN_IT, { ...view, against: null });
    return comparePage(data, [index, other], {
      back: writeView({ ...view, against: null }),
      swapped: writeView({ ...view, feature: view.against, against: feature }),
      other: writeView({ ...view, feature: view.against, against: null }),
    });
  };

  return {
    element,
    show(feature, view, selection) {
      const index = data.indexOf(feature);
      around = index === undefined ? undefined : surroundings(index, view, selection);
      let content: HTMLElement;
      try {
        content =
          index === undefined || around === undefined
            ? notice(feature, NOT_IN_IT, view)
            : pageOf(index, around, view);
      } catch (error) {
        complain(error);
        content = notice(feature, 'What the file has on this feature cannot be read.', view);
      }
      element.replaceChildren(content);
      element.hidden = false;
      element.querySelector('h1')?.focus({ preventScroll: true });
    },
    announce(feature, view) {
      element.replaceChildren(notice(feature, 'Reading the file …', view));
      element.hidden = false;
    },
    hide() {
      element.hidden = true;
      element.replaceChildren();
    },
    beside: (by) => (by === 1 ? around?.next : around?.previous),
    get tablePage() {
      return tablePage;
    },
  };
}

const overviewOf = (view: View, page = view.page) =>
  writeView({ ...view, feature: null, against: null, page });

function notice(feature: number, text: string, view: View): HTMLElement {
  return make(
    'article',
    { class: 'feature' },
    make('a', { class: 'back', href: overviewOf(view) }, '← All features'),
    make('h1', { tabindex: -1 }, `Feature ${feature}`),
    make('p', { class: 'empty' }, text),
  );
}
