import { badFile, fileRefused } from '../../errors';
import { nodeModule } from '../../nodeModule';

// Not imported: pages load this file, too.
const fs = nodeModule('node:fs/promises') as typeof import('node:fs/promises');
const path = nodeModule('node:path') as typeof import('node:path');
const EXPECTED = 'a folder, or a place for one';

/**
 * Makes a folder with those above it, where they are not there.
 *
 * Not by mkdir's own `recursive`: of a read-only file system that says that nothing is there, and in
 * /proc it never ends.
 *
 * @throws SAE_FILE where it cannot be made, or is something else.
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

/** Whether a folder is there. */
export const isFolder = (file: string): Promise<boolean> =>
  fs.stat(file).then(
    (info) => info.isDirectory(),
    () => false,
  );
