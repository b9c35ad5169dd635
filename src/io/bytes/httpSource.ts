import { badFile } from '../../errors';
import { type ByteSource, checkSpan, GET_AGAIN } from './byteSource';
import { addressName, bodyOf, discard, refusal, request } from './response';
import { wholeOf, wholeSource } from './wholeSource';

/** What small reads fetch at once, as a request costs more than the bytes. */
const BLOCK_BYTES = 2 ** 16;
/** How many blocks are kept. */
const MOST_BLOCKS = 64;

/**
 * A file on a server, of which only those parts are fetched that are read.
 *
 * The first request is for its end, where a ZIP archive has its directory. Where the server sends
 * the whole file instead, that is kept.
 *
 * @throws SAE_FILE for an answer that is not the file.
 */
export async function httpSource(address: string): Promise<ByteSource> {
  const name = addressName(address);
  let response: Response;
  try {
    response = await request(address, `bytes=-${BLOCK_BYTES}`);
  } catch {
    // Another site's server may allow pages to ask for its files, but not for parts of them.
    return wholeSource(address);
  }
  if (response.status === 200) return wholeOf(name, response);
  const hidden = response.status === 206 && !response.headers.has('content-range');
  // 416: an empty file, or a server that counts from the start only.
  if (hidden || response.status === 416) {
    await discard(response);
    return wholeSource(address);
  }
  const end = await partOf(name, response, BLOCK_BYTES);
  const first = Math.max(0, end.size - BLOCK_BYTES);
  if (end.offset !== first || end.bytes.length !== end.size - first) {
    throw wrongPart(name, end.range);
  }
  return new HttpSource(address, name, end);
}

/** A part of a file, and what file it is of. */
interface Part {
  readonly range: string;
  readonly offset: number;
  readonly size: number;
  readonly version: string;
  readonly bytes: Uint8Array;
}

async function partOf(name: string, response: Response, most: number): Promise<Part> {
  if (response.status !== 206) {
    await discard(response);
    throw refusal(name, response);
  }
  const range = response.headers.get('content-range') ?? 'none';
  const [first = -1, last = -1, size = -1] = (
    /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(range)?.slice(1) ?? []
  ).map(Number);
  const length = last - first + 1;
  if (first < 0 || length < 1 || length > most || last >= size) {
    await discard(response);
    throw wrongPart(name, range);
  }
  const bytes = await bodyOf(name, response, length);
  if (bytes.length !== length) {
    throw badFile(name, `${length} bytes at ${first}`, `${bytes.length}`, GET_AGAIN);
  }
  const version = response.headers.get('etag') ?? response.headers.get('last-modified') ?? '';
  return { range, offset: first, size, version, bytes };
}

const wrongPart = (name: string, range: string) =>
  badFile(name, 'the part that was asked for', `the range ${range}`, 'Download it whole.');

class HttpSource implements ByteSource {
  readonly size: number;
  readonly #version: string;
  readonly #end: Part;
  /** By number, the one used last at the end. */
  readonly #blocks = new Map<number, Promise<Uint8Array>>();

  constructor(
    readonly address: string,
    readonly name: string,
    end: Part,
  ) {
    this.size = end.size;
    this.#version = end.version;
    this.#end = end;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    checkSpan(this, offset, length);
    const inEnd = offset - this.#end.offset;
    if (inEnd >= 0) return this.#end.bytes.subarray(inEnd, inEnd + length);
    if (length >= BLOCK_BYTES) return this.#fetch(offset, length);
    const first = Math.floor(offset / BLOCK_BYTES);
    const start = offset - first * BLOCK_BYTES;
    const block = await this.#block(first);
    if (start + length <= block.length) return block.subarray(start, start + length);
    const bytes = new Uint8Array(length);
    const head = block.subarray(start);
    bytes.set(head);
    bytes.set((await this.#block(first + 1)).subarray(0, length - head.length), head.length);
    return bytes;
  }

  async close(): Promise<void> {
    this.#blocks.clear();
  }

  #block(number: number): Promise<Uint8Array> {
    const offset = number * BLOCK_BYTES;
    const known = this.#blocks.get(number);
    const block = known ?? this.#fetch(offset, Math.min(BLOCK_BYTES, this.size - offset));
    this.#blocks.delete(number);
    this.#blocks.set(number, block);
    if (known === undefined) {
      // A request that failed may succeed another time.
      block.catch(() => this.#blocks.delete(number));
      for (const oldest of this.#blocks.keys()) {
        if (this.#blocks.size <= MOST_BLOCKS) break;
        this.#blocks.delete(oldest);
      }
    }
    return block;
  }

  async #fetch(offset: number, length: number): Promise<Uint8Array> {
    const response = await request(this.address, `bytes=${offset}-${offset + length - 1}`);
    const part = await partOf(this.name, response, length);
    if (part.size !== this.size || part.version !== this.#version) {
      const received = 'another version in the middle of reading';
      throw badFile(this.name, 'the same file throughout', received, 'Open it again.');
    }
    if (part.offset !== offset || part.bytes.length !== length) {
      throw wrongPart(this.name, part.range);
    }
    return part.bytes;
  }
}
