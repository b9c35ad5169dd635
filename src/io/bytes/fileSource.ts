import { badFile, fileRefused } from '../../errors';
import { type ByteSource, checkSpan, GET_AGAIN, type OnPart } from './byteSource';

type FileSystem = Pick<typeof import('node:fs/promises'), 'open' | 'stat'>;

/**
 * The bytes requested per system call: few enough that they are still in the cache when they are
 * used.
 */
const PIECE_BYTES = 2 ** 22;
/** The number of concurrent system calls: enough to keep the memory busy. */
const AT_ONCE = 4;

/**
 * Opens a file on this machine. Bundles for pages have ../files/noFiles.ts instead.
 *
 * @throws SAE_FILE if it is missing, a folder, or not readable.
 */
export async function fileSource(fs: FileSystem, path: string): Promise<ByteSource> {
  const refused = (error: unknown) => {
    throw fileRefused(path, 'a file that can be read', error);
  };
  // Checked first, because opening a pipe would wait for a writer.
  const info = await fs.stat(path).catch(refused);
  if (!info.isFile()) {
    const received = info.isDirectory() ? 'a folder' : 'neither a file nor a folder';
    throw badFile(path, 'a file', received, 'Give the path of a file.');
  }
  const handle = await fs.open(path, 'r').catch(refused);
  const { size } = await handle.stat().catch(async (error: unknown) => {
    await handle.close();
    return refused(error);
  });
  const readInto = async (bytes: Uint8Array, offset: number, onPart?: OnPart) => {
    const { length } = bytes;
    checkSpan({ name: path, size }, offset, length);
    let next = 0;
    const readPieces = async () => {
      while (next < length) {
        const start = next;
        const end = Math.min(length, start + PIECE_BYTES);
        next = end;
        let done = start;
        while (done < end) {
          const at = offset + done;
          const { bytesRead } = await handle.read(bytes, done, end - done, at).catch(refused);
          if (bytesRead === 0)
            throw badFile(path, `${size} bytes`, `an end after ${at}`, GET_AGAIN);
          done += bytesRead;
        }
        onPart?.(bytes.subarray(start, end));
      }
    };
    await Promise.all(Array.from({ length: length > PIECE_BYTES ? AT_ONCE : 1 }, readPieces));
  };
  return {
    name: path,
    size,
    read: async (offset, length, onPart) => {
      checkSpan({ name: path, size }, offset, length);
      const bytes = new Uint8Array(length);
      await readInto(bytes, offset, onPart);
      return bytes;
    },
    readInto: (bytes, offset) => readInto(bytes, offset),
    close: () => handle.close(),
  };
}

/**
 * Returns the path of a file in a folder.
 *
 * @param of how errors refer to the file that names it
 * @throws SAE_FILE if it is missing, or a link that leads out of the folder.
 */
export async function fileBeside(
  fs: Pick<typeof import('node:fs/promises'), 'realpath'>,
  path: typeof import('node:path'),
  folder: string,
  of: string,
  name: string,
): Promise<string> {
  const file = path.join(folder, name);
  const real = await Promise.all([fs.realpath(folder), fs.realpath(file)]).catch((error) => {
    throw fileRefused(file, 'a file that can be read', error);
  });
  if (path.dirname(real[1]) === real[0]) return file;
  const advice = 'Put the file itself there: links out of a folder are not followed.';
  throw badFile(of, `${name} in the same folder`, 'a link to another', advice);
}
