const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const LETTERS = Uint8Array.from(ALPHABET, (letter) => letter.charCodeAt(0));
const PAD = 61; // =

/**
 * Bytes in base64. Faster than `btoa`, which wants a string of them first, and in Node, pages and
 * workers alike.
 */
export function base64(bytes: Uint8Array): string {
  const text = new Uint8Array(Math.ceil(bytes.length / 3) * 4).fill(PAD);
  let at = 0;
  for (let i = 0; i < bytes.length; i += 3) {
    const rest = bytes.length - i;
    const three = ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text[at] = LETTERS[three >> 18] as number;
    text[at + 1] = LETTERS[(three >> 12) & 63] as number;
    if (rest > 1) text[at + 2] = LETTERS[(three >> 6) & 63] as number;
    if (rest > 2) text[at + 3] = LETTERS[three & 63] as number;
    at += 4;
  }
  return new TextDecoder().decode(text);
}
