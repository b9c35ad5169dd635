import type { DashboardData } from './dashboardData';
import { make } from './dom';
import type { Marks } from './marks';

/** A field for what one makes of a feature. */
export function noteField(marks: Marks, feature: number): HTMLElement {
  const field = make('textarea', {
    class: 'note-field',
    rows: 2,
    'aria-label': `Note on feature ${feature}`,
    placeholder: 'What it seems to be, and what would refute it',
    dir: 'auto',
  });
  field.value = marks.note(feature);
  field.addEventListener('input', () => marks.write(feature, field.value));
  return field;
}

/** A field for the feature to hold this one against. */
export function againstField(data: DashboardData, go: (feature: number) => void): HTMLElement {
  const field = make('input', {
    class: 'against-field',
    inputmode: 'numeric',
    autocomplete: 'off',
    'aria-label': 'Number of the other feature',
    placeholder: 'number',
  });
  const wrong = make('span', { class: 'meaning', role: 'status' });
  const form = make(
    'form',
    { class: 'against' },
    field,
    make('button', { class: 'plain', type: 'submit' }, 'Compare'),
    wrong,
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const feature = Number(field.value.trim().replace(/^f?#/i, '') || Number.NaN);
    if (data.indexOf(feature) !== undefined) go(feature);
    else wrong.textContent = 'The report is not about such a feature.';
  });
  return form;
}
