import { fileRefused, SAEError } from '../../errors';
import { nodeModule } from '../../nodeModule';
import { putInPlace, removeQuietly, writeTemp } from './atomicWrite';
import { removeLeftFiles } from './leftFiles';

// Not imported, because bundlers that do not support `browser` in package.json include this file in
// pages, too. Others use noFiles.ts instead.
const path = nodeModule('node:path') as typeof import('node:path');

/**
 * Writes a file, completely or not at all, and removes leftovers of interrupted saves beside it.
 *
 * @param file its absolute path
 * @throws SAE_FILE if the folder accepts no files; otherwise the system's error.
 */
export async function saveFile(file: string, chunks: Iterable<Uint8Array>): Promise<void> {
  const temp = await writeTemp(path.dirname(file), 'archive', chunks);
  await putInPlace(temp, file).catch(async (error) => {
    await removeQuietly(temp.path);
    throw error;
  });
  // The file is saved; a leftover beside it is no reason to report a failure.
  await removeLeftFiles(file).catch(() => {});
}

/**
 * Writes a file at a path, which may be relative.
 *
 * @throws SAE_FILE if it cannot be written.
 */
export async function saveAt(place: string, chunks: Iterable<Uint8Array>): Promise<void> {
  try {
    await saveFile(path.resolve(place), chunks);
  } catch (error) {
    if (error instanceof SAEError) throw error;
    throw fileRefused(place, 'a file that can be written', error);
  }
}
