import type { ByteSource } from '../bytes/byteSource';
import { checkSpan } from '../bytes/byteSource';

/** What is downloaded whole at its first read: a request costs more than the bytes. */
const SMALL_BYTES = 2 ** 20;
/** Of a larger file, the share that is read in parts before all of it is downloaded. */
const SHARE = 1 / 8;

/**
 * A file on the hub: parts of it while little is read, as its header; the whole file, in the
 * cache, once it is clear that much will be.
 *
 * @param parts opens it for parts
 * @param whole downloads it, and opens what has come; undefined where nothing is kept
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

/** A source that is opened when it is first used; one that failed may succeed another time. */
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
