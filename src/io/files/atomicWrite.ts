import { nodeModule } from '../../nodeModule';
import { type TempKind, tempName } from './names';
import { noPlace } from './writeRefused';

// Not imported: .keras files are saved by what pages load, too.
const fs = nodeModule('node:fs/promises') as typeof import('node:fs/promises');
const path = nodeModule('node:path') as typeof import('node:path');

/** A file that is whole and on the disk, and waits for its name. */
export interface TempFile {
  readonly path: string;
  readonly bytes: number;
}

/** How much is written at once; systems refuse 2 GiB and more. */
const CHUNK_BYTES = 2 ** 26;

/** What file systems answer that cannot sync a folder: those of Windows, and some of networks. */
const NO_FOLDER_SYNC = new Set(['EPERM', 'EACCES', 'EISDIR', 'EINVAL', 'EBADF', 'ENOTSUP']);

/**
 * Writes a file under a name of its own, down to the disk. On failure nothing is left of it.
 *
 * @throws SAE_FILE where the folder takes no files; else what the system says.
 */
export async function writeTemp(
  folder: string,
  kind: TempKind,
  chunks: Iterable<Uint8Array>,
): Promise<TempFile> {
  const file = path.join(folder, tempName(kind));
  let bytes = 0;
  const handle = await fs.open(file, 'wx').catch(async (error) => {
    throw error.code === 'ENOENT' ? await noPlace(folder, error) : error;
  });
  try {
    try {
      for (const chunk of chunks) {
        for (let done = 0; done < chunk.length; ) {
          const length = Math.min(chunk.length - done, CHUNK_BYTES);
          done += (await handle.write(chunk, done, length)).bytesWritten;
        }
        bytes += chunk.length;
      }
      // A rename may reach the disk before the bytes do, and outlive them when the power fails.
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    await removeQuietly(file);
    throw error;
  }
  return { path: file, bytes };
}

/** Gives a file its name, in place of what had it; what comes after stays after it on the disk. */
export async function putInPlace({ path: temp }: TempFile, file: string): Promise<void> {
  await fs.rename(temp, file);
  await syncFolder(path.dirname(file));
}

/** Removes a file whose removal nothing depends on. */
export async function removeQuietly(file: string): Promise<void> {
  await fs.rm(file, { force: true }).catch(() => {});
}

async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await fs.open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!NO_FOLDER_SYNC.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
