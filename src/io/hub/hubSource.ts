import type { ByteSource } from '../bytes/byteSource';
import { checkSpan } from '../bytes/byteSource';

/**
 * The largest file that is downloaded as a whole at its first read: a request costs more than the
 * bytes.
 */
const SMALL_BYTES = 2 ** 20;
/** For a larger file, the share that is read in parts before the whole file is downloaded. */
const SHARE = 1 / 8;

/**
 * Returns a file on the hub as a source: in parts while little is read, such as its header; as a
 * whole, in the cache, once it is clear that much will be read.
 *
 * @param parts opens it for reading in parts
 * @param whole downloads it, and opens the result; undefined if nothing is cached
 */
export function hubSource(
  name: string,
  size: number,
  parts: () => Promise<ByteSource>,
  whole: (() => Promise<ByteSource>) | undefined,
): ByteSource {
  const opened = { parts: once(parts), whole: whole && once(whole) };
  let asked = 0;
  const sourceFor = (length: number): Promise<ByteSource> => {
    asked += length;
    const isMuch = size <= SMALL_BYTES || asked > size * SHARE;
    return opened.whole && (isMuch || opened.whole.isOpen())
      ? opened.whole.get()
      : opened.parts.get();
  };
  return {
    name,
    size,
    read: async (offset, length, onPart) => {
      checkSpan({ name, size }, offset, length);
      return (await sourceFor(length)).read(offset, length, onPart);
    },
    readInto: async (bytes, offset) => {
      checkSpan({ name, size }, offset, bytes.length);
      const source = await sourceFor(bytes.length);
      if (source.readInto) await source.readInto(bytes, offset);
      else bytes.set(await source.read(offset, bytes.length));
    },
    close: async () => {
      await Promise.all([opened.parts.close(), opened.whole?.close()]);
    },
  };
}

/** Returns a function that opens a source on first use; after a failure it tries again. */
function once(open: () => Promise<ByteSource>) {
  let opening: Promise<ByteSource> | undefined;
  return {
    isOpen: () => opening !== undefined,
    get: () => {
      opening ??= open().catch((error) => {
        opening = undefined;
        throw error;
      });
      return opening;
    },
    close: async () => {
      const source = await opening?.catch(() => undefined);
      opening = undefined;
      await source?.close();
    },
  };
}
