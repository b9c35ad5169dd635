import { APP_ID } from '../pageData';
import { make } from './dom';
import { MissingPiece } from './pieces';

/** Says above everything what has gone wrong; once is enough. */
export function complain(error: unknown): void {
  if (document.querySelector('.trouble') !== null) return;
  const [what, advice] = wording(error);
  const box = make(
    'div',
    { class: 'trouble', role: 'alert' },
    make('strong', {}, what),
    ` ${advice}`,
  );
  (document.getElementById(APP_ID) ?? document.body).prepend(box);
}

function wording(error: unknown): [what: string, advice: string] {
  if (error instanceof MissingPiece) {
    return [
      'A part of this file is missing.',
      'It was not copied whole: copy it or make it again.',
    ];
  }
  return [
    'This browser cannot show all of this page.',
    `Open it in a current Firefox, Chrome, Edge or Safari. (${String(error)})`,
  ];
}
