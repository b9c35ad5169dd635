import { badFile, fileRefused, type SAEError } from '../../errors';
import { nodeModule } from '../../nodeModule';
import { isFolder } from './makeFolder';

// Not imported, because pages load this file too.
const path = nodeModule('node:path') as typeof import('node:path');

/**
 * Returns why a file cannot be written.
 *
 * @param named the file or folder, as the error refers to it
 * @param expected what should have been written
 * @param file where it should have been written
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

/**
 * Returns why nothing can be created in a folder, if the system reports that something is missing.
 */
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
