import { badFile, wrongOption } from '../../errors';
import { nodeModule } from '../../nodeModule';
import { aFunction, optional, type Rules } from '../../options';
import { blobSource } from './blobSource';
import type { ByteSource } from './byteSource';
import { bytesSource } from './bytesSource';
import { fileSource } from './fileSource';
import { httpSource } from './httpSource';
import { counted, Progress } from './progress';
import { type RequestOptions, WebFile } from './webFile';
import { wholeSource } from './wholeSource';

export type { ByteSource } from './byteSource';
export { bytesSource } from './bytesSource';
export { windowOf } from './windowOf';

/**
 * What can be opened: a path (in Node) or an address, a file that was chosen in a page, or bytes.
 * In Node a string is a path unless it starts with `http:`, `https:`, `data:` or `blob:`.
 */
export type Openable = string | URL | Blob | ArrayBuffer | ArrayBufferView;

/** Options of opening a source: those of `tf.io.http`, under the same names. */
export interface SourceOptions extends RequestOptions {
  /**
   * Called with the share of the file that has arrived, a number that rises to 1. For a local file
   * it is the share that has been read. None by default.
   *
   * @param fraction above 0, up to 1
   */
  onProgress?: (fraction: number) => void;
}

/** The rules of these options. */
export const SOURCE_RULES: Rules<SourceOptions> = {
  requestInit: optional({
    expected: 'an object of options of fetch',
    accepts: (v) => v !== null && typeof v === 'object' && !Array.isArray(v),
  }),
  fetchFunc: optional(aFunction<typeof fetch>()),
  onProgress: optional(aFunction<(fraction: number) => void>()),
};

/**
 * Opens something, uses it, and closes it.
 *
 * @returns what `use` returns.
 * @throws the same as {@link openSource} and `use`.
 */
export async function withSource<T>(
  given: Openable,
  use: (source: ByteSource) => Promise<T>,
  options: SourceOptions = {},
): Promise<T> {
  const progress = new Progress(options.onProgress);
  const source = await openSource(given, options, progress);
  try {
    const result = await use(source);
    progress.done();
    return result;
  } finally {
    await source.close();
  }
}

/**
 * Opens anything that is {@link Openable}.
 *
 * In Node a string is a path unless it starts with `http:`, `https:`, `data:` or `blob:`; a `file:`
 * address is opened as its path. In a page a string is an address, relative to the page.
 *
 * @returns the source; the caller closes it.
 * @throws SAE_FILE if it is missing or cannot be read, SAE_OPTION for anything else.
 */
export async function openSource(
  given: Openable,
  options: RequestOptions = {},
  progress = new Progress(undefined),
): Promise<ByteSource> {
  const address = addressOf(given);
  const fs = nodeModule<typeof import('node:fs/promises')>('node:fs/promises');
  if (address === undefined) return counted(inMemory(given), progress);
  if (/^(data|blob):/i.test(address)) return wholeSource(new WebFile(address, options, progress));
  if (/^https?:/i.test(address) || fs === undefined) {
    return httpSource(new WebFile(address, options, progress));
  }
  return counted(await fileSource(fs, pathOf(address)), progress);
}

/** Returns a path or an address; undefined for anything but text. */
function addressOf(given: Openable): string | undefined {
  if (typeof given === 'string' && given !== '') return given;
  // Recognized by their tags: `instanceof` fails for objects from another frame.
  return kindOf(given) === '[object URL]' ? (given as URL).href : undefined;
}

function inMemory(given: Openable): ByteSource {
  if (ArrayBuffer.isView(given)) {
    return bytesSource(new Uint8Array(given.buffer, given.byteOffset, given.byteLength));
  }
  switch (kindOf(given)) {
    case '[object ArrayBuffer]':
      return bytesSource(new Uint8Array(given as ArrayBuffer));
    case '[object Blob]':
    case '[object File]':
      return blobSource(given as Blob);
    default:
      throw wrongOption('open', 'a path, an address, a Blob or bytes', given);
  }
}

const kindOf = (given: unknown): string => Object.prototype.toString.call(given);

function pathOf(address: string): string {
  if (!/^file:/i.test(address)) return address;
  const url = nodeModule<typeof import('node:url')>('node:url');
  try {
    return url?.fileURLToPath(address) ?? address;
  } catch (error) {
    const received = 'an address elsewhere';
    const advice = 'Write it as a path, or as file:///path.';
    throw badFile(address, 'the path of a file here', received, advice, error);
  }
}
