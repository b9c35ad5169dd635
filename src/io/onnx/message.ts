import { joined } from '../../bytes';

const UTF8 = new TextEncoder();

/** Encodes an integer ≥ 0 in groups of seven bits, lowest first. */
function varint(value: number): number[] {
  const groups: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) groups.push((rest % 128) | 128);
  groups.push(rest);
  return groups;
}

/** Encodes what precedes the bytes of a field: its tag and their length. */
export const header = (number: number, length: number): Uint8Array =>
  Uint8Array.from([...varint(number * 8 + 2), ...varint(length)]);

/** Encodes a field of bytes, text or a message. */
export function field(number: number, contents: string | Uint8Array): Uint8Array {
  const bytes = typeof contents === 'string' ? UTF8.encode(contents) : contents;
  return joined([header(number, bytes.length), bytes]);
}

/** Encodes a field of an integer ≥ 0. */
export const numberField = (number: number, value: number): Uint8Array =>
  Uint8Array.from([...varint(number * 8), ...varint(value)]);

/** Encodes a message of some fields. */
export const message = (...fields: readonly Uint8Array[]): Uint8Array => joined(fields);
