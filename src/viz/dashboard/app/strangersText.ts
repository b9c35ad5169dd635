import { button, make } from './dom';

const ELLIPSIS = '…';

/** The text's first characters, never half of one. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const characters = [...text.slice(0, 2 * length)];
  return characters.length <= length && text.length <= 2 * length
    ? text
    : characters.slice(0, length).join('') + ELLIPSIS;
}

/** A stranger's text, in a direction of its own; where it is cut, its title has it whole. */
export function shortText(text: string, length = 40): HTMLElement {
  const short = cut(text, length);
  return make('bdi', { title: short === text ? undefined : text }, short);
}

/** A stranger's text that unfolds where it is cut. */
export function foldedText(text: string, length = 60): HTMLElement {
  const short = cut(text, length);
  if (short === text) return make('bdi', {}, text);
  const shown = make('bdi', {}, short);
  const toggle = button({ class: 'unfold', 'aria-expanded': 'false' }, () => {
    const open = toggle.getAttribute('aria-expanded') === 'false';
    toggle.setAttribute('aria-expanded', String(open));
    toggle.textContent = open ? 'less' : 'all of it';
    shown.textContent = open ? text : short;
  });
  toggle.textContent = 'all of it';
  return make('span', { class: 'folded' }, shown, ' ', toggle);
}
