// Bytes as text that a page loads quickly: a character for each of the most frequent bytes, so that
// gzip still finds what repeats in them. Of base64, whose characters cut bytes apart, it makes a third
// more.

/** The first character, a space; all of them are ASCII, up to ~. */
const FIRST = 32;
const CHARACTERS = 95;
/** Bytes that are one character. The others are two, of which the first is one of the last two. */
const SINGLE = CHARACTERS - 2;
/** Moves the most frequent bytes of a WebAssembly module among those that are one character. */
const SHIFT = 3;

/** Bytes as text. */
export function textOf(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    const number = (byte + SHIFT) % 256;
    const rest = number - SINGLE;
    const codes = rest < 0 ? [number] : [SINGLE + Math.floor(rest / CHARACTERS), rest % CHARACTERS];
    text += String.fromCharCode(...codes.map((code) => FIRST + code));
  }
  return text;
}

/** The bytes of such a text. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) {
    let number = text.charCodeAt(i) - FIRST;
    if (number >= SINGLE) {
      i += 1;
      number += (number - SINGLE) * (CHARACTERS - 1) + text.charCodeAt(i) - FIRST;
    }
    bytes.push(number - SHIFT); // taken modulo 256
  }
  return Uint8Array.from(bytes);
}

/** Gzip finds what repeats within 32 kB. */
const PIECE = 8192;

/** Texts that are much alike as one, in turn a piece of each, so that gzip finds what they have in common. */
export function interleave(texts: readonly string[]): string {
  const longest = Math.max(...texts.map(({ length }) => length));
  let all = '';
  for (let at = 0; at < longest; at += PIECE) {
    for (const text of texts) all += text.slice(at, at + PIECE);
  }
  return all;
}

/** One of the texts that were interleaved, by the lengths of all of them. */
export function oneOf(all: string, lengths: readonly number[], which: number): string {
  let text = '';
  let from = 0;
  for (let at = 0; from < all.length; at += PIECE) {
    lengths.forEach((length, i) => {
      const piece = Math.max(0, Math.min(PIECE, length - at));
      if (i === which) text += all.slice(from, from + piece);
      from += piece;
    });
  }
  return text;
}
