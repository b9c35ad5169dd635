import { badFile } from '../../errors';
import { type ByteSource, checkSpan } from './byteSource';
import { discard, type WebFile } from './webFile';
import { wholeSource } from './wholeSource';

/** The bytes that small reads fetch at once, since a request costs more than the bytes. */
const BLOCK_BYTES = 2 ** 16;
/** Files that describe their content at the start, unlike archives, which do so at the end. */
const STARTS = /\.(safetensors|npy|json)$/i;
/** The number of cached blocks. */
const MOST_BLOCKS = 64;

/**
 * Opens a file on a server, of which only the parts that are read are fetched.
 *
 * The first request is for its end, where a ZIP archive has its directory, or for its start, where
 * other files describe their content. If the server sends the whole file instead, it is kept; if it
 * sends anything other than requested, the file is requested again as a whole.
 *
 * @throws SAE_FILE for a response that is not the file.
 */
export async function httpSource(file: WebFile): Promise<ByteSource> {
  const from = STARTS.test(file.name) ? 'start' : 'end';
  const range = from === 'start' ? `bytes=0-${BLOCK_BYTES - 1}` : `bytes=-${BLOCK_BYTES}`;
  // Another site's server may allow pages to request its files, but not parts of them.
  const response = await file.request(range).catch(() => undefined);
  if (response === undefined || response.status === 200) return wholeSource(file, response);
  const known = await partOf(file, response, ({ first, length, size }) => {
    const expected = Math.min(size, BLOCK_BYTES);
    return first === (from === 'start' ? 0 : size - expected) && length === expected;
  });
  return known ? new HttpSource(file, known) : wholeSource(file);
}

/** The range of a part, according to the server. */
interface Place {
  readonly first: number;
  readonly length: number;
  /** The size of the whole file. */
  readonly size: number;
}

/** A part of a file, and the identity of the file. */
interface Part extends Place {
  readonly version: string;
  readonly bytes: Uint8Array;
}

/**
 * Returns the part in a response.
 *
 * @param isRight whether it is the requested part
 * @returns undefined if it is not, if its length is wrong, or if there is none.
 * @throws SAE_FILE if the connection breaks off.
 */
async function partOf(
  file: WebFile,
  response: Response,
  isRight: (place: Place) => boolean,
): Promise<Part | undefined> {
  const place = placeOf(response);
  if (place === undefined || !isRight(place)) {
    await discard(response);
    return undefined;
  }
  const bytes = await file.body(response, place.length, place.size);
  if (bytes?.length !== place.length) return undefined;
  const version = response.headers.get('etag') ?? response.headers.get('last-modified') ?? '';
  return { ...place, version, bytes };
}

/** Returns the range of the part in a response; undefined if it is not a part or does not say. */
function placeOf({ status, headers }: Response): Place | undefined {
  const range = headers.get('content-range') ?? '';
  const numbers = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(range);
  // A compressed response may be a part of the compressed file.
  const plain = (headers.get('content-encoding') ?? 'identity') === 'identity';
  if (status !== 206 || !numbers || !plain) return undefined;
  const [first = 0, last = 0, size = 0] = numbers.slice(1).map(Number);
  const place = { first, length: last - first + 1, size };
  return place.length >= 1 && last < size ? place : undefined;
}

class HttpSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #file: WebFile;
  /** The part that was fetched first. */
  readonly #known: Part;
  /** The blocks by number, the most recently used last. */
  readonly #blocks = new Map<number, Promise<Uint8Array>>();
  /** The whole file, once the server has sent another part than requested. */
  #whole: Promise<ByteSource> | undefined;

  constructor(file: WebFile, known: Part) {
    this.name = file.name;
    this.size = known.size;
    this.#file = file;
    this.#known = known;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    checkSpan(this, offset, length);
    if (this.#whole !== undefined) return this.#readWhole(offset, length);
    const inKnown = offset - this.#known.first;
    if (inKnown >= 0 && inKnown + length <= this.#known.length) {
      return this.#known.bytes.subarray(inKnown, inKnown + length);
    }
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
    this.#whole = undefined;
  }

  #block(number: number): Promise<Uint8Array> {
    const offset = number * BLOCK_BYTES;
    const known = this.#blocks.get(number);
    const block = known ?? this.#fetch(offset, Math.min(BLOCK_BYTES, this.size - offset));
    this.#blocks.delete(number);
    this.#blocks.set(number, block);
    if (known === undefined) {
      // A failed request may succeed another time.
      block.catch(() => this.#blocks.delete(number));
      for (const oldest of this.#blocks.keys()) {
        if (this.#blocks.size <= MOST_BLOCKS) break;
        this.#blocks.delete(oldest);
      }
    }
    return block;
  }

  async #fetch(offset: number, length: number): Promise<Uint8Array> {
    const response = await this.#file.request(`bytes=${offset}-${offset + length - 1}`);
    if (response.status === 200) return this.#readWhole(offset, length, response);
    // A part with another total size belongs to another file.
    const part = await partOf(
      this.#file,
      response,
      ({ first, length: sent, size }) =>
        size !== this.size || (first === offset && sent === length),
    );
    if (part === undefined) return this.#readWhole(offset, length);
    if (part.size !== this.size || part.version !== this.#known.version) throw this.#changed();
    return part.bytes;
  }

  /** Reads from the whole file, which is requested once. */
  async #readWhole(offset: number, length: number, response?: Response): Promise<Uint8Array> {
    if (this.#whole === undefined) {
      this.#whole = wholeSource(this.#file, response);
      // A failed request may succeed another time.
      this.#whole.catch(() => {
        this.#whole = undefined;
      });
    } else if (response) {
      await discard(response);
    }
    const whole = await this.#whole;
    if (whole.size !== this.size) {
      this.#whole = undefined;
      throw this.#changed();
    }
    return whole.read(offset, length);
  }

  #changed() {
    const received = 'another version in the middle of reading';
    return badFile(this.name, 'the same file throughout', received, 'Open it again.');
  }
}
