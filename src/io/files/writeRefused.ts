import { badFile, fileRefused, type SAEError } from '../../errors';
import { nodeModule } from '../../nodeModule';
import { isFolder } from './makeFolder';

// Not imported: pages load this file, too.
const path = nodeModule('node:path') as typeof import('node:path');

/**
 * Why a file cannot be written.
 *
 * @param named the file or folder, as the error is to name it
 * @param expected what it was to be
 * @param file where it was to be written
 */
export async function writeRefused(
  named: string,
  expected: string,
  file: string,
  error: unknown,
): Promise<SAEError> {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT'
    ? noPlace(path.dirname(file), error)
    : fileRefused(named, expected, error);
}

/** Why nothing can be made in a folder, where the system says that something is not there. */
export async function noPlace(folder: string, error: unknown): Promise<SAEError> {
  return (await isFolder(folder))
    ? badFile(
        folder,
        'a folder that can be written',
        'one in which the system makes no files',
        'Choose another path.',
        error,
      )
    : badFile(
        folder,
        'a folder to write into',
        'nothing there',
        'Make it, or choose another path.',
        error,
      );
}
