import { badContent, type SAEError } from '../../errors';
import { type ByteSource, GET_AGAIN } from '../bytes/byteSource';

/** The number of bytes read at once; a network source reads further ahead by itself. */
const BLOCK_BYTES = 2 ** 13;
/** The most bytes that are read of a file besides its data. */
const MOST_BYTES = 2 ** 26;
/** The most groups, datasets, and tree nodes. */
const MOST_OBJECTS = 200_000;

/** Returns the error for an inconsistent or incomplete file. */
export const broken = (expected: string, received: string): SAEError =>
  badContent(expected, received, GET_AGAIN);

/** Returns the error for a file that may be valid, but that Keras does not write. */
export const foreign = (expected: string, received: string): SAEError =>
  badContent(expected, received, 'Save it again with model.save of Keras 3.');

/**
 * Reads everything in a file except its data, block by block, within limits far above any valid
 * file, so that a file designed to keep the reader busy is rejected early.
 */
export class Metadata {
  /** Where the file ends, according to itself. */
  end: number;
  readonly #source: ByteSource;
  readonly #blocks = new Map<number, Uint8Array>();
  readonly #visited = new Set<number>();
  #fetched = 0;
  #parsed = 0;

  constructor(source: ByteSource) {
    this.#source = source;
    this.end = source.size;
  }

  /**
   * Returns a view of bytes in the file.
   *
   * @param what whose bytes they are, for errors
   */
  async view(at: number, length: number, what: string): Promise<DataView> {
    const bytes = await this.bytes(at, length, what);
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  }

  /** Returns bytes in the file. */
  async bytes(at: number, length: number, what: string): Promise<Uint8Array> {
    this.checkInside(at, length, what);
    // Every byte is meant to be read once: a file that has the same ones read over and over is
    // invalid.
    this.#parsed += length;
    const most = Math.min(MOST_BYTES, 2 * this.end + BLOCK_BYTES);
    if (this.#parsed > most || this.#fetched > MOST_BYTES) {
      throw foreign('a file that is mostly data', 'too much besides it');
    }
    const first = Math.floor(at / BLOCK_BYTES);
    const last = Math.floor((at + Math.max(length, 1) - 1) / BLOCK_BYTES);
    const start = at - first * BLOCK_BYTES;
    const block = await this.#block(first);
    if (first === last) return block.subarray(start, start + length);
    const bytes = new Uint8Array(length);
    let done = 0;
    for (let i = first; i <= last; i++) {
      const from = i === first ? start : 0;
      const piece = (await this.#block(i)).subarray(from, from + length - done);
      bytes.set(piece, done);
      done += piece.length;
    }
    return bytes;
  }

  /** Returns bytes up to a zero, limited in number; undefined if there is no zero among them. */
  async upToZero(at: number, most: number, what: string): Promise<Uint8Array | undefined> {
    const room = Math.min(most, this.end - at);
    for (let length = 16; ; length = Math.min(room, length * 16)) {
      const bytes = await this.bytes(at, Math.min(room, length), what);
      const zero = bytes.indexOf(0);
      if (zero >= 0) return bytes.subarray(0, zero);
      if (length >= room) return undefined;
    }
  }

  /** @throws SAE_FILE for bytes beyond the end of the file. */
  checkInside(at: number, length: number, what: string): void {
    if (!(at >= 0 && length >= 0 && at + length <= this.end)) {
      throw broken(`${what} inside the file`, `${length} bytes at ${at}`);
    }
  }

  /**
   * Records that an object begins here.
   *
   * @throws SAE_FILE if another one already did: links in circles, or two links to the same.
   */
  visit(at: number, what: string): void {
    if (this.#visited.has(at)) {
      throw foreign(`${what} in a place of its own`, 'a second link to the same place');
    }
    if (this.#visited.size >= MOST_OBJECTS) {
      throw foreign(`at most ${MOST_OBJECTS} objects`, 'more');
    }
    this.#visited.add(at);
  }

  async #block(number: number): Promise<Uint8Array> {
    const known = this.#blocks.get(number);
    if (known !== undefined) return known;
    const at = number * BLOCK_BYTES;
    const length = Math.min(BLOCK_BYTES, this.#source.size - at);
    const block = await this.#source.read(at, length);
    this.#fetched += length;
    this.#blocks.set(number, block);
    return block;
  }
}

/** Returns an address, or a length; inexact above 2^53, which is beyond the end of any file. */
export const uint64 = (view: DataView, at: number): number =>
  view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;

/** Returns the four or eight letters that mark a part of the format. */
export const signature = (view: DataView, at: number, length: number): string =>
  String.fromCharCode(...Array.from({ length }, (_, i) => view.getUint8(at + i)));
