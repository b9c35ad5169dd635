import { make } from './dom';

/** A number that is known of a feature, and what it means. */
export type Fact = readonly [name: string, value: string, meaning: string];

/** Facts one beside the other. */
export const factList = (facts: readonly Fact[], names = 'facts'): HTMLElement =>
  make(
    'dl',
    { class: names },
    ...facts.map(([name, value, meaning]) =>
      make(
        'div',
        { class: 'fact' },
        make('dt', { class: 'fact-name' }, name),
        make('dd', { class: 'fact-value' }, value),
        make('dd', { class: 'meaning' }, meaning),
      ),
    ),
  );
