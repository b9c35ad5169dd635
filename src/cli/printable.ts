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

/** Plain data as JSON in lines, in which no text does something to a terminal. */
export function printableJson(data: unknown): string {
  // JSON has no infinities, which Python writes all the same.
  const json = JSON.stringify(
    data,
    (_, value) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value),
    2,
  );
  // Within strings; JSON's own line breaks stand between them.
  return `${json.split('\n').map(printable).join('\n')}\n`;
}

/** The same, cut where it is longer than anybody reads. */
export function shortened(text: string, most = 100): string {
  const shown = printable(text);
  return shown.length > most ? `${shown.slice(0, most - 1)}…` : shown;
}
