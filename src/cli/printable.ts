/**
 * Characters that move a terminal's cursor, colour it, break a line, or change the direction of
 * writing.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const HEX = 16;

/** Returns text on one line, safe for a terminal: control characters are escaped as in JSON. */
export const printable = (text: string): string =>
  text.replace(UNPRINTABLE, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(HEX).padStart(4, '0')}`)
      .join(''),
  );

/** Returns plain data as indented JSON, safe for a terminal. */
export function printableJson(data: unknown): string {
  // JSON has no infinities, but Python writes them anyway.
  const json = JSON.stringify(
    data,
    (_, value) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value),
    2,
  );
  // Inside strings only; JSON's own line breaks are outside.
  return `${json.split('\n').map(printable).join('\n')}\n`;
}

/** Returns the same text, shortened if it is too long to read. */
export function shortened(text: string, most = 100): string {
  const shown = printable(text);
  return shown.length > most ? `${shown.slice(0, most - 1)}…` : shown;
}
