/** What moves a terminal's cursor, colours it, breaks a line, or turns the direction of writing. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const HEX = 16;

/** Text on one line, for a terminal: what would do something there is shown as JSON escapes it. */
export const printable = (text: string): string =>
  text.replace(UNPRINTABLE, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(HEX).padStart(4, '0')}`)
      .join(''),
  );

/** The same, cut where it is longer than anybody reads. */
export function shortened(text: string, most = 100): string {
  const shown = printable(text);
  return shown.length > most ? `${shown.slice(0, most - 1)}…` : shown;
}
