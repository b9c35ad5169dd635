import { badFile } from '../../errors';
import { type ByteSource, checkSpan } from './byteSource';
import { discard, type WebFile } from './webFile';
import { wholeSource } from './wholeSource';

/** What small reads fetch at once, as a request costs more than the bytes. */
const BLOCK_BYTES = 2 ** 16;
/** Files that say at their start what is in them, where archives say it at their end. */
const STARTS = /\.(safetensors|npy|json)$/i;
/** How many blocks are kept. */
const MOST_BLOCKS = 64;

/**
 * A file on a server, of which only those parts are fetched that are read.
 *
 * The first request is for its end, where a ZIP archive has its directory, or for its start, where
 * others say what is in them. Where the server
 * sends the whole file instead, that is kept; where it sends anything else than it was asked for, the file
 * is asked for once more, whole.
 *
 * @throws SAE_FILE for an answer that is not the file.
 */
export async function httpSource(file: WebFile): Promise<ByteSource> {
  const from = STARTS.test(file.name) ? 'start' : 'end';
  const range = from === 'start' ? `bytes=0-${BLOCK_BYTES - 1}` : `bytes=-${BLOCK_BYTES}`;
  // Another site's server may allow pages to ask for its files, but not for parts of them.
  const response = await file.request(range).catch(() => undefined);
  if (response === undefined || response.status === 200) return wholeSource(file, response);
  const known = await partOf(file, response, ({ first, length, size }) => {
    const expected = Math.min(size, BLOCK_BYTES);
    return first === (from === 'start' ? 0 : size - expected) && length === expected;
  });
  return known ? new HttpSource(file, known) : wholeSource(file);
}

/** Where a part is, as the server says it. */
interface Place {
  readonly first: number;
  readonly length: number;
  /** Of the whole file. */
  readonly size: number;
}

/** A part of a file, and what file it is of. */
interface Part extends Place {
  readonly version: string;
  readonly bytes: Uint8Array;
}

/**
 * The part in an answer.
 *
 * @param isRight whether it is the one that was asked for
 * @returns undefined where it is not, or not as long as it says, or there is none.
 * @throws SAE_FILE where the connection breaks off.
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

/** Where the part in an answer is; undefined for an answer that is none, or does not say. */
function placeOf({ status, headers }: Response): Place | undefined {
  const range = headers.get('content-range') ?? '';
  const numbers = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(range);
  // What is compressed may be a part of the compressed file.
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
  /** What came first. */
  readonly #known: Part;
  /** By number, the one used last at the end. */
  readonly #blocks = new Map<number, Promise<Uint8Array>>();
  /** The file itself, once the server has sent another part than it was asked for. */
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
    const response = await this.#file.request(`bytes=${offset}-${offset + length - 1}`);
    if (response.status === 200) return this.#readWhole(offset, length, response);
    // One of another size is a part of another file.
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

  /** The same from the whole file, which is asked for once. */
  async #readWhole(offset: number, length: number, response?: Response): Promise<Uint8Array> {
    if (this.#whole === undefined) {
      this.#whole = wholeSource(this.#file, response);
      // A request that failed may succeed another time.
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
