import { nodeModule } from '../../nodeModule';
import { type TempKind, tempName } from './names';
import { noPlace } from './writeRefused';

// Not imported, because pages load the code that saves .keras files too.
const fs = nodeModule('node:fs/promises') as typeof import('node:fs/promises');
const path = nodeModule('node:path') as typeof import('node:path');

/** A file that is completely on disk, under a temporary name. */
export interface TempFile {
  readonly path: string;
  readonly bytes: number;
}

/** The number of bytes written at once; systems refuse 2 GiB and more. */
const CHUNK_BYTES = 2 ** 26;

/**
 * The errors of file systems that cannot sync a folder: those of Windows, and some network ones.
 */
const NO_FOLDER_SYNC = new Set(['EPERM', 'EACCES', 'EISDIR', 'EINVAL', 'EBADF', 'ENOTSUP']);

/**
 * Writes a file under a temporary name, and syncs it to disk. On failure nothing is left of it.
 *
 * @throws SAE_FILE if the folder accepts no files; otherwise the system's error.
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
      // A rename may reach the disk before the bytes do, and survive them if the power fails.
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

/**
 * Renames a file to its final name, replacing any file there; later operations reach the disk
 * later.
 */
export async function putInPlace({ path: temp }: TempFile, file: string): Promise<void> {
  await fs.rename(temp, file);
  await syncFolder(path.dirname(file));
}

/** Removes a file, ignoring errors. */
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
