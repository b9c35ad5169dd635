import { fileRefused, SAEError } from '../../errors';
import { nodeModule } from '../../nodeModule';
import { putInPlace, removeQuietly, writeTemp } from './atomicWrite';
import { removeLeftFiles } from './leftFiles';

// Not imported: bundlers that know no `browser` in package.json put this file into pages, too. The
// others have noFiles.ts in its place.
const path = nodeModule('node:path') as typeof import('node:path');

/**
 * Writes a file, whole or not at all; what saves beside it left that were cut off is removed.
 *
 * @param file its absolute path
 * @throws SAE_FILE where the folder takes no files; else what the system says.
 */
export async function saveFile(file: string, chunks: Iterable<Uint8Array>): Promise<void> {
  const temp = await writeTemp(path.dirname(file), 'archive', chunks);
  await putInPlace(temp, file).catch(async (error) => {
    await removeQuietly(temp.path);
    throw error;
  });
  // The file is saved; one too many beside it is no reason to say that it is not.
  await removeLeftFiles(file).catch(() => {});
}

/**
 * The same at a path, which may be relative.
 *
 * @throws SAE_FILE where it cannot be written.
 */
export async function saveAt(place: string, chunks: Iterable<Uint8Array>): Promise<void> {
  try {
    await saveFile(path.resolve(place), chunks);
  } catch (error) {
    if (error instanceof SAEError) throw error;
    throw fileRefused(place, 'a file that can be written', error);
  }
}
