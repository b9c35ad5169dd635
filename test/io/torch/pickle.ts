import { zipChunks } from '../../../src/io/zip/write';
import { concat } from '../zip/archive';

/** Pieces of a pickle: opcodes as text of one byte a character, and bytes. */
export type Piece = string | Uint8Array;

const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const uint32 = (value: number) => new Uint8Array(Uint32Array.of(value).buffer);

/** A pickle of protocol 2. */
export const pickle = (...pieces: Piece[]): Uint8Array =>
  concat(
    ['\x80\x02', ...pieces, '.'].map((piece) =>
      typeof piece === 'string' ? latin1(piece) : piece,
    ),
  );

export const repeated = (text: string, times: number): Uint8Array => latin1(text.repeat(times));

/** BINUNICODE */
export function text(value: string): Uint8Array {
  const bytes = new TextEncoder().encode(value);
  return concat([latin1('X'), uint32(bytes.length), bytes]);
}

/** A whole number: BININT, or LONG1 of 8 bytes. */
export function int(value: number | bigint): Uint8Array {
  if (Number(value) === (Number(value) | 0)) {
    return concat([latin1('J'), uint32(Number(value))]);
  }
  const long = BigInt.asUintN(64, BigInt(value));
  return concat([latin1('\x8a\x08'), new Uint8Array(BigUint64Array.of(long).buffer)]);
}

export const tuple = (...items: Piece[]): Uint8Array =>
  concat(['(', ...items, 't'].map((piece) => (typeof piece === 'string' ? latin1(piece) : piece)));

export const ints = (...values: (number | bigint)[]): Uint8Array => tuple(...values.map(int));

export interface TensorOptions {
  key?: string;
  length?: number | bigint;
  offset?: number | bigint;
  shape?: readonly (number | bigint)[];
  strides?: readonly (number | bigint)[];
  storage?: string;
  hooks?: Piece;
}

/** A tensor, by default of all six values of the storage `0`. */
export function tensor({
  key = '0',
  length = 6,
  offset = 0,
  shape = [2, 3],
  strides = [3, 1],
  storage = 'FloatStorage',
  hooks = 'N',
}: TensorOptions = {}): Uint8Array {
  const id = tuple(text('storage'), `ctorch\n${storage}\n`, text(key), text('cpu'), int(length));
  const values = tuple(
    concat([id, latin1('Q')]),
    int(offset),
    ints(...shape),
    ints(...strides),
    '\x89',
    hooks,
  );
  return concat([latin1('ctorch._utils\n_rebuild_tensor_v2\n'), values, latin1('R')]);
}

/** A dict of one entry. */
export const dictOf = (key: Piece, value: Piece): Uint8Array =>
  concat(
    ['}', key, value, 's'].map((piece) => (typeof piece === 'string' ? latin1(piece) : piece)),
  );

export const SIX = Float32Array.of(1, 2, 3, 4, 5, 6);

/** A file of this pickle, with the storage `0` of six values, or with these members beside it. */
export function fileWith(
  data: Uint8Array,
  members: Readonly<Record<string, Uint8Array>> = { 'ae/data/0': new Uint8Array(SIX.buffer) },
): Uint8Array {
  const all = Object.entries({ 'ae/data.pkl': data, ...members });
  return concat(zipChunks(all.map(([name, bytes]) => ({ name, chunks: [bytes] }))));
}
