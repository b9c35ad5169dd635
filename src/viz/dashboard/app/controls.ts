import type { DashboardData } from './dashboardData';
import { make } from './dom';
import { count } from './numbers';
import { countOf } from './selection';
import type { Show, View } from './view';

/** What the controls ask for. */
export interface ControlActions {
  search(query: string): void;
  filter(show: Show): void;
  /** Opens what the search has found first. */
  openFirst(): void;
}

/** Search field, filters, and how many features they leave. */
export interface Controls {
  readonly element: HTMLElement;
  readonly search: HTMLInputElement;
  show(view: View, selected: number): void;
}

export function createControls(data: DashboardData, actions: ControlActions): Controls {
  const what = ['number', data.labelled ? 'class' : '', data.words ? 'token' : ''].filter(Boolean);
  const search = make('input', {
    type: 'search',
    class: 'search',
    placeholder: `Search by ${what.join(', ')} or note`,
    'aria-label': `Search by ${what.join(', ')} or note`,
    autocomplete: 'off',
    spellcheck: 'false',
    dir: 'auto',
  });
  search.addEventListener('input', () => actions.search(search.value));
  const status = make('p', { class: 'status', role: 'status' });
  const filters: Show[] = data.labelled
    ? ['all', 'alive', 'dead', 'mono', 'poly', 'few', 'starred']
    : ['all', 'alive', 'dead', 'starred'];
  const radios = filters.map((show) => {
    const radio = make('input', {
      class: 'choice-input',
      type: 'radio',
      name: 'show',
      value: show,
    });
    radio.addEventListener('change', () => actions.filter(show));
    return radio;
  });
  const starred = make('span', { class: 'choice-count' });
  const choices = radios.map((radio, i) => {
    const show = filters[i] as Show;
    const name = show === 'few' ? `Few ${data.counted}` : WORDS[show];
    const word = make('span', { class: `choice-word ${show}` }, name);
    return make(
      'label',
      { class: 'choice' },
      radio,
      make(
        'span',
        { class: 'choice-face' },
        word,
        ' ',
        show === 'starred'
          ? starred
          : make('span', { class: 'choice-count' }, count(countOf(data, show))),
      ),
    );
  });
  const element = make(
    'form',
    { class: 'controls', role: 'search' },
    search,
    make(
      'fieldset',
      { class: 'choices' },
      make('legend', { class: 'hidden' }, 'Features to show'),
      ...choices,
    ),
    status,
  );
  element.addEventListener('submit', (event) => {
    event.preventDefault();
    actions.openFirst();
  });
  return {
    element,
    search,
    show({ query, show }, selected) {
      // While somebody types, the field is theirs.
      if (search !== document.activeElement) search.value = query;
      starred.textContent = count(countOf(data, 'starred'));
      for (const radio of radios) radio.checked = radio.value === show;
      const all = `${count(data.size)} feature${data.size === 1 ? '' : 's'}`;
      status.textContent = selected === data.size ? all : `${count(selected)} of ${all}`;
    },
  };
}

const WORDS: Readonly<Record<Exclude<Show, 'few'>, string>> = {
  all: 'All',
  alive: 'Alive',
  dead: 'Dead',
  mono: 'MONO',
  poly: 'POLY',
  starred: 'Starred',
};
