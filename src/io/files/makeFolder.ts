import { badFile, fileRefused } from '../../errors';
import { nodeModule } from '../../nodeModule';

// Not imported, because pages load this file too.
const fs = nodeModule('node:fs/promises') as typeof import('node:fs/promises');
const path = nodeModule('node:path') as typeof import('node:path');
const EXPECTED = 'a folder, or a place for one';

/**
 * Creates a folder and its parents, if they do not exist.
 *
 * It does not use mkdir's `recursive`, which reports a missing folder on a read-only file system,
 * and never ends in /proc.
 *
 * @throws SAE_FILE if it cannot be created, or is something else.
 */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await fs.mkdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !(await isFolder(path.dirname(folder)))) {
      await makeFolder(path.dirname(folder));
      await makeFolder(folder);
    } else if (code === 'ENOENT') {
      const received = 'a place where the system makes no folders';
      throw badFile(folder, EXPECTED, received, 'Choose another path.', error);
    } else if (!(await isFolder(folder))) {
      throw fileRefused(folder, EXPECTED, error);
    }
  }
}

/** Returns whether a folder exists. */
export const isFolder = (file: string): Promise<boolean> =>
  fs.stat(file).then(
    (info) => info.isDirectory(),
    () => false,
  );
