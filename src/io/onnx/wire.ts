import { badContent, type SAEError } from '../../errors';
import { type ByteSource, GET_AGAIN } from '../bytes/byteSource';

/** A field of a protobuf message: its place in the file, and its value if it is a number. */
export interface Field {
  /** The field number in the message's format. */
  readonly number: number;
  /** The wire type: a number, 8 bytes, a length with bytes, or 4 bytes. */
  readonly wire: 0 | 1 | 2 | 5;
  /** The offset of its tag. */
  readonly start: number;
  /** The offset of its contents. */
  readonly at: number;
  /** The end of its contents. */
  readonly end: number;
  /** The number, if it is encoded as one; 0 otherwise. */
  readonly value: number;
}

/** The most bytes of a length or tag: 64 bits in groups of seven. */
const MOST_VARINT = 10;
/** The number of groups that a double holds exactly. */
const EXACT_GROUPS = 7;
const LARGEST_FIELD = 2 ** 29 - 1;
/** The bytes read at once, unless they are already in memory. */
const WINDOW = 2 ** 16;
/** The longest name that is read. */
const MOST_NAME = 1000;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Returns the error for a file that no exporter could have written. */
export const damaged = (received: string, cause?: unknown): SAEError =>
  badContent('an ONNX model', received, GET_AGAIN, cause);

/** Checks that a field is one of bytes, and returns it. */
export function asMessage(field: Field, what: string): Field {
  if (field.wire === 2) return field;
  throw damaged(`${what} that is a number`);
}

/** Reads protobuf messages in a source, field by field; others are skipped by their length. */
export class Wire {
  #window = new Uint8Array(0);
  #from = 0;

  constructor(readonly source: ByteSource) {}

  /**
   * Yields the fields of a message.
   *
   * @param at the offset of its contents
   * @param end the end of its contents
   * @throws SAE_FILE for a truncated or invalid field.
   */
  async *fields(at: number, end: number): AsyncGenerator<Field, void> {
    for (let next = at; next < end; ) {
      const field = await this.#field(next, end);
      yield field;
      next = field.end;
    }
  }

  /** Returns the contents of a field as a name or another short text. */
  async text({ wire, at, end }: Field): Promise<string> {
    if (wire !== 2) throw damaged('a name that is no text');
    if (end - at > MOST_NAME) throw damaged(`a name of ${end - at} bytes`);
    const bytes = await this.#bytes(at, end - at);
    try {
      return UTF8.decode(bytes);
    } catch (error) {
      throw damaged('a name that is not UTF-8', error);
    }
  }

  /** Returns the complete contents of a field, whose length the caller has checked. */
  bytes({ at, end }: Field): Promise<Uint8Array> {
    return this.source.read(at, end - at);
  }

  async #field(start: number, end: number): Promise<Field> {
    const bytes = await this.#bytes(start, Math.min(2 * MOST_VARINT, end - start));
    const tag = varint(bytes, 0);
    const number = Math.floor(tag.value / 8);
    const wire = tag.value & 7;
    if (tag.value < 8 || number > LARGEST_FIELD) throw damaged(`a field of number ${number}`);
    const at = start + tag.end;
    const whole = (contents: number, length: number, value = 0): Field => {
      if (length < 0 || contents + length > end) throw damaged('one that breaks off');
      return {
        number,
        wire: wire as Field['wire'],
        start,
        at: contents,
        end: contents + length,
        value,
      };
    };
    switch (wire) {
      case 0: {
        const { value, end: after } = varint(bytes, tag.end);
        return whole(at, after - tag.end, value);
      }
      case 1:
        return whole(at, 8);
      case 2: {
        const { value: length, end: after } = varint(bytes, tag.end);
        return whole(start + after, length);
      }
      case 5:
        return whole(at, 4);
      default:
        throw damaged(`a field that is written as ${wire}`);
    }
  }

  async #bytes(at: number, length: number): Promise<Uint8Array> {
    const from = at - this.#from;
    if (from < 0 || from + length > this.#window.length) {
      const read = Math.min(Math.max(WINDOW, length), this.source.size - at);
      this.#window = (await this.source.read(at, read)) as Uint8Array<ArrayBuffer>;
      this.#from = at;
      return this.#window.subarray(0, length);
    }
    return this.#window.subarray(from, from + length);
  }
}

/** Reads a number of up to 64 bits, in two's complement; rounded if a double cannot hold it. */
function varint(bytes: Uint8Array, at: number): { value: number; end: number } {
  let value = 0;
  for (let i = 0; i < EXACT_GROUPS; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) throw damaged('one that breaks off');
    value += (byte & 127) * 2 ** (7 * i);
    if (byte < 128) return { value, end: at + i + 1 };
  }
  let whole = BigInt(value);
  for (let i = EXACT_GROUPS; i < MOST_VARINT; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) throw damaged('one that breaks off');
    whole |= BigInt(byte & 127) << BigInt(7 * i);
    if (byte < 128) return { value: Number(BigInt.asIntN(64, whole)), end: at + i + 1 };
  }
  throw damaged('a number of more than 64 bits');
}
