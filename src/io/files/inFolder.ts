import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { badFile, fileRefused } from '../../errors';

/** A file and its length. */
export interface SizedFile {
  readonly file: string;
  readonly size: number;
}

/** What to do about files of a model that are not what they were. */
export const COPY_AGAIN = 'Copy the whole folder again, or save the model again.';
const COPY_TARGET = 'Copy what it leads to into the folder, as cp -rL does.';

/**
 * A file in a folder. The folder may be a link; one that leads out of it is not followed, so that a
 * folder from a stranger has nothing else read.
 *
 * @param name its path in the folder
 * @param expected what it should be, for the error
 * @throws SAE_FILE for one that is missing, no file, or elsewhere.
 */
export async function fileIn(folder: string, name: string, expected: string): Promise<SizedFile> {
  const file = path.join(folder, name);
  const refused = (error: unknown): never => {
    throw fileRefused(file, expected, error);
  };
  const [home, target] = await Promise.all([fs.realpath(folder), fs.realpath(file)]).catch(refused);
  const inside = path.relative(home, target);
  if (inside.split(path.sep)[0] === '..' || path.isAbsolute(inside)) {
    throw badFile(file, expected, 'a link that leads out of the folder', COPY_TARGET);
  }
  const info = await fs.stat(file).catch(refused);
  if (!info.isFile()) throw badFile(file, expected, 'something else', COPY_AGAIN);
  return { file, size: info.size };
}
