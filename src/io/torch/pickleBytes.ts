import { badContent, type SAEError } from '../../errors';
import { GET_AGAIN } from '../bytes/byteSource';

/** The longest pickle that is read; a tensor takes some 200 bytes of one. */
export const MOST_PICKLE_BYTES = 2 ** 22;

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** The bytes of a 64-bit word. */
const WORD_BYTES = 8;
const NEWLINE = '\n'.charCodeAt(0);

/** Returns the error for a pickle that torch would not have written. */
export const malformed = (received: string, cause?: unknown): SAEError =>
  badContent('a pickle as torch.save writes it', received, GET_AGAIN, cause);

/** Reads a pickle's bytes one after another. Reading past the end is an SAE_FILE error. */
export class PickleBytes {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(
    bytes: Uint8Array,
    public at: number,
  ) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Skips bytes, and returns where they began. */
  skip(length: number): number {
    const { at } = this;
    if (at + length > this.#bytes.length) {
      const isCut = this.#bytes.length >= MOST_PICKLE_BYTES;
      throw malformed(isCut ? `one above ${MOST_PICKLE_BYTES} bytes` : 'one that breaks off');
    }
    this.at += length;
    return at;
  }

  uint8 = (): number => this.#bytes[this.skip(1)] as number;
  uint16 = (): number => this.#view.getUint16(this.skip(2), true);
  uint32 = (): number => this.#view.getUint32(this.skip(4), true);
  int32 = (): number => this.#view.getInt32(this.skip(4), true);
  /** Reads the only number type with its highest byte first. */
  float64 = (): number => this.#view.getFloat64(this.skip(8));

  /** Reads an integer of some bytes, in two's complement. */
  long(length: number): number | bigint {
    const start = this.skip(length);
    const value = BigInt.asIntN(8 * length, this.#bits(start, length));
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  /** Returns bytes as one number, and possibly more above them. */
  #bits(start: number, length: number): bigint {
    const isOne = length <= WORD_BYTES && start + WORD_BYTES <= this.#bytes.length;
    if (isOne) return this.#view.getBigUint64(start, true);
    const words = Math.ceil(length / WORD_BYTES);
    const padded = new Uint8Array(words * WORD_BYTES);
    padded.set(this.#bytes.subarray(start, start + length));
    const view = new DataView(padded.buffer);
    let value = 0n;
    for (let i = words - 1; i >= 0; i--) {
      value = (value << 64n) | view.getBigUint64(i * WORD_BYTES, true);
    }
    return value;
  }

  text(length: number): string {
    const start = this.skip(length);
    try {
      return UTF8.decode(this.#bytes.subarray(start, start + length));
    } catch (error) {
      throw malformed('text that is not UTF-8', error);
    }
  }

  /** Reads text up to the end of its line. */
  line(): string {
    const end = this.#bytes.indexOf(NEWLINE, this.at);
    if (end < 0) throw malformed('one that breaks off');
    const text = this.text(end - this.at);
    this.skip(1);
    return text;
  }
}
