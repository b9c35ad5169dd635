import { badFile, fileRefused } from '../../errors';
import { type ByteSource, checkSpan, GET_AGAIN } from './byteSource';

type FileSystem = Pick<typeof import('node:fs/promises'), 'open' | 'stat'>;

/** What one call of the operating system may be asked for. */
const PIECE_BYTES = 2 ** 30;

/**
 * A file on this machine.
 *
 * @throws SAE_FILE for one that is missing, a folder, or not allowed to be read.
 */
export async function fileSource(fs: FileSystem, path: string): Promise<ByteSource> {
  const refused = (error: unknown) => {
    throw fileRefused(path, 'a file that can be read', error);
  };
  // Asked first, as opening a pipe would wait for somebody to write to it.
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
  const readInto = async (bytes: Uint8Array, offset: number) => {
    const { length } = bytes;
    checkSpan({ name: path, size }, offset, length);
    for (let done = 0; done < length; ) {
      const piece = Math.min(length - done, PIECE_BYTES);
      const { bytesRead } = await handle.read(bytes, done, piece, offset + done).catch(refused);
      if (bytesRead === 0) {
        throw badFile(path, `${size} bytes`, `an end after ${offset + done}`, GET_AGAIN);
      }
      done += bytesRead;
    }
  };
  return {
    name: path,
    size,
    read: async (offset, length) => {
      checkSpan({ name: path, size }, offset, length);
      const bytes = new Uint8Array(length);
      await readInto(bytes, offset);
      return bytes;
    },
    readInto,
    close: () => handle.close(),
  };
}
