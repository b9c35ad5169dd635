import { printable } from './element';
import { textWidth } from './textWidth';

/** Line breaks and the like. */
const SPACES = /\s+/gu;
/** Characters that change the direction of all that follows. */
const DIRECTIONS = /[\u202a-\u202e\u2066-\u2069]/gu;
/** Joins emoji into one if the font has that one; elsewhere they would overlap. */
const EMOJI_JOINERS = /(?<=\p{Extended_Pictographic}[\ufe0f\u{1f3fb}-\u{1f3ff}]?)\u200d/gu;
/** Excess combining marks on one letter: some texts have hundreds. */
const MORE_MARKS = /(\p{M}{4})\p{M}+/gu;
/** Text beyond this is ignored, since no room is that wide. */
const MOST = 2000;
const ELLIPSIS = '…';

/**
 * Returns untrusted text in a form that fits in one line of a picture: no line breaks, no
 * characters that change the direction of what follows, not wider than the room.
 *
 * @param room the room in pixels
 */
export function shownText(text: string, room: number, size: number, bold = false): string {
  const clean = unturned(printable(text.slice(0, MOST)))
    .replace(SPACES, ' ')
    .trim()
    .replace(EMOJI_JOINERS, '')
    .replace(MORE_MARKS, '$1');
  const letters = [...clean];
  const widths = letters.map((letter) => textWidth(letter, size, bold));
  const whole = widths.reduce((sum, width) => sum + width, 0);
  if (text.length <= MOST && whole <= room) return clean;

  // Marks have no width of their own, so they stay with the letter before them.
  let left = room - textWidth(ELLIPSIS, size, bold);
  let count = 0;
  while (count < letters.length && (widths[count] as number) <= left) {
    left -= widths[count] as number;
    count++;
  }
  return `${letters.slice(0, count).join('').trimEnd()}${ELLIPSIS}`;
}

const unturned = (text: string) => text.replace(DIRECTIONS, '');

/** Isolates a text, so that its direction does not affect what surrounds it. */
export const isolated = (text: string) => `\u2068${unturned(text)}\u2069`;
