import { denseWarning } from '../../tooDense';
import { type ControlActions, createControls } from './controls';
import type { DashboardData } from './dashboardData';
import { createDensityFilter, type FilterDensity } from './densityFilter';
import { make } from './dom';
import { createMarksPanel } from './marksPanel';
import { count, digits } from './numbers';
import { createScatter } from './scatter';
import { foldedText, shortText } from './strangersText';
import { createTable, type TableActions } from './table';

/** Scatter and table of all features, with what selects among them. */
export function createOverview(
  data: DashboardData,
  actions: ControlActions & TableActions & { density: FilterDensity },
) {
  const controls = createControls(data, actions);
  const scatter = createScatter(data, actions.open);
  const table = createTable(data, actions);
  const density = createDensityFilter(data, actions.density);
  const { head } = data;
  const heading = make('h1', { tabindex: -1 }, foldedText(head.title, 120));
  const element = make(
    'section',
    { class: 'overview', 'aria-label': 'Overview' },
    heading,
    lede(data),
    warning(data),
    controls.element,
    make(
      'div',
      { class: 'panes' },
      make('div', { class: 'side' }, scatter.element, density.element),
      table.element,
      createMarksPanel(data.marks),
    ),
  );
  return { element, heading, controls, scatter, density, table };
}

/** That there is little to be read in what follows, and what to do; nothing for most dictionaries. */
function warning({ head }: DashboardData): HTMLElement | null {
  const words = denseWarning(head);
  return words.length === 0 ? null : make('p', { class: 'warning', role: 'note' }, words.join(' '));
}

function lede({ head, size }: DashboardData): HTMLElement {
  const { model, data, l0 } = head;
  const many = data.rows === 1 ? '' : 's';
  const rows = {
    image: `image${many} of ${(data.imageShape ?? []).slice(0, 2).join(' × ')}`,
    token: `token${many} of ${count(model.inputDim)} numbers`,
    position: `position${many} of ${count(data.images ?? 0)} images of ${(data.imageShape ?? []).slice(0, 2).join(' × ')}`,
    vector: `row${many} of ${count(model.inputDim)} numbers`,
  }[data.kind];
  const features =
    size === model.features
      ? `${count(size)} features`
      : `${count(size)} of ${count(model.features)} features`;
  return make(
    'p',
    { class: 'lede' },
    shortText(model.className),
    ' ',
    make('span', { class: 'quiet' }, '“', shortText(model.name), '”'),
    ` · ${features} · ${count(data.rows)} ${rows} · ${digits(l0.mean)} active on a ${data.kind === 'position' ? 'position' : 'row'}`,
  );
}
