import type { PageEntry } from '../pageData';
import { bar, barRow, barTable } from './bars';
import type { DashboardData } from './dashboardData';
import { make } from './dom';
import { digits } from './numbers';
import { foldedText } from './strangersText';

/** Classes that are shown: those that the feature changes most. */
const MOST_CLASSES = 20;

/** What the feature does to the classes of a model, from what it raises most to what it lowers most. */
export function effects(data: DashboardData, { effects: values = [] }: PageEntry): HTMLElement {
  const all = values.map((value, on) => ({ value, on }));
  all.sort((a, b) => Math.abs(b.value) - Math.abs(a.value) || a.on - b.on);
  const shown = all.slice(0, MOST_CLASSES).sort((a, b) => b.value - a.value || a.on - b.on);
  const largest = Math.abs(all[0]?.value ?? 0);
  const rows = shown.map(({ value, on }) => {
    const share = largest > 0 ? Math.abs(value) / largest : 0;
    const name = foldedText(data.effectName(on), 28);
    return barRow(name, bar(share, value < 0 ? 'below' : 'above'), digits(value));
  });
  const left = all.length - shown.length;
  return make(
    'div',
    { class: 'effects' },
    barTable('Effect of the feature on each class of the model', rows),
    left === 0 ? null : make('p', { class: 'meaning' }, `${left} more are changed less.`),
  );
}
