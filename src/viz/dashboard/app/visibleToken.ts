/** Signs for what would not be seen. */
const SIGNS: Readonly<Record<string, string>> = { '\n': '⏎', '\r': '␍', '\t': '⇥' };

/** A token in which line breaks and tabs can be seen, and which is never nothing. */
export function visibleToken(token: string): string {
  if (token === '') return '∅';
  if (/^ +$/.test(token)) return '␣'.repeat(token.length);
  return token.replace(/[\n\r\t]/g, (sign) => SIGNS[sign] ?? sign);
}
