import { badFile, fileRefused } from '../../errors';
import { fileSource } from './fileSource';
import type { Folder } from './folder';

type FileSystem = typeof import('node:fs/promises');
type Paths = typeof import('node:path');

/** The greatest depth of subfolders that is searched. */
const MOST_DEPTH = 4;
const MOST_FILES = 10_000;

/** Returns whether the system has reported that nothing is there. */
const isAbsent = (error: unknown) =>
  ['ENOENT', 'ENOTDIR'].includes((error as { code?: string }).code ?? '');

/**
 * Opens a folder on this machine. Links that lead out of it are not followed; it may be a link
 * itself.
 *
 * @param place the folder's path
 */
export function localFolder(fs: FileSystem, path: Paths, place: string): Folder {
  const refused = (file: string) => (error: unknown) => {
    throw fileRefused(file, 'a file that can be read', error);
  };
  return {
    name: place,
    files: async () => {
      const found: string[] = [];
      const visit = async (folder: string, depth: number) => {
        const at = path.join(place, folder);
        for (const entry of await fs.readdir(at, { withFileTypes: true }).catch(refused(at))) {
          const inside = folder === '' ? entry.name : `${folder}/${entry.name}`;
          if (found.length > MOST_FILES) return;
          if (entry.isDirectory() && depth < MOST_DEPTH) await visit(inside, depth + 1);
          else if (!entry.isDirectory()) found.push(inside);
        }
      };
      await visit('', 0);
      return found.sort();
    },
    open: async (inside) => {
      const file = path.join(place, inside);
      const real = await Promise.all([fs.realpath(place), fs.realpath(file)]).catch((error) =>
        isAbsent(error) ? undefined : refused(file)(error),
      );
      if (real === undefined) return undefined;
      const [folder, target] = real;
      const way = path.relative(folder, target);
      if (way.startsWith('..') || path.isAbsolute(way)) {
        const advice = 'Copy the file into the folder.';
        throw badFile(file, 'a file in its folder', 'a link that leads out of it', advice);
      }
      const { isDirectory } = await fs
        .stat(file)
        .then((info) => ({ isDirectory: info.isDirectory() }), refused(file));
      return isDirectory ? undefined : fileSource(fs, file);
    },
  };
}
