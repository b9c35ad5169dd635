import { button } from './dom';
import type { Marks } from './marks';

/**
 * A star, to be given and taken away.
 *
 * @param reached whether Tab comes to it; in a table the key `s` does the same
 */
export function starButton(marks: Marks, feature: number, reached: boolean): HTMLButtonElement {
  const element = button(
    {
      class: 'star',
      title: 'Star (s)',
      tabindex: reached ? undefined : -1,
      'data-feature': feature,
    },
    () => marks.toggle(feature),
  );
  element.setAttribute('aria-label', `Star feature ${feature}`);
  showStar(element, marks.isStarred(feature));
  element.addEventListener('click', (event) => event.stopPropagation());
  return element;
}

/** Shows on all stars of the page whether they are given. */
export function showStars(marks: Marks): void {
  for (const element of document.querySelectorAll<HTMLElement>('.star')) {
    showStar(element, marks.isStarred(Number(element.dataset['feature'])));
  }
}

function showStar(element: HTMLElement, starred: boolean): void {
  element.setAttribute('aria-pressed', String(starred));
  element.textContent = starred ? '★' : '☆';
}
