import { button, make } from './dom';
import type { Marks } from './marks';
import { count } from './numbers';

/** A larger file is none of these. */
const LARGEST = 50e6;

/** How many stars and notes there are, and how they leave the browser and come back. */
export function createMarksPanel(marks: Marks): HTMLElement {
  const said = make('p', { class: 'meaning marks-said', 'aria-live': 'polite' });
  const show = (told = '') => {
    const kept = marks.isKept
      ? 'They stay in this browser.'
      : 'This browser does not keep them: export them before you leave.';
    const some = `${words(marks.stars, 'star')}, ${words(marks.notes, 'note')}.`.replace(/^n/, 'N');
    said.textContent = [told, some, kept].filter(Boolean).join(' ');
  };
  const field = make('input', {
    type: 'file',
    class: 'hidden',
    accept: '.json,application/json',
    'aria-label': 'File of stars and notes',
    tabindex: -1,
  });
  field.addEventListener('change', async () => {
    const [file] = field.files ?? [];
    if (file === undefined) return;
    try {
      if (file.size > LARGEST) throw new Error('This file is too large for stars and notes.');
      show(`Taken of ${words(marks.take(await file.text()), 'feature')}.`);
    } catch (error) {
      show(error instanceof Error ? error.message : String(error));
    }
    field.value = '';
  });
  marks.onChange(() => show());
  show();
  return make(
    'section',
    { class: 'side-part marks', 'aria-label': 'Stars and notes' },
    make('h2', { class: 'side-heading' }, 'Stars and notes'),
    said,
    make(
      'div',
      { class: 'marks-actions' },
      button({ class: 'plain slim' }, () => save(marks.toText()), 'Export'),
      button({ class: 'plain slim' }, () => field.click(), 'Import'),
      field,
    ),
  );
}

const words = (number: number, what: string) =>
  `${number === 0 ? 'no' : count(number)} ${what}${number === 1 ? '' : 's'}`;

/** Hands a text over as a file. */
function save(text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  make('a', { href: address, download: 'stars-and-notes.json' }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
