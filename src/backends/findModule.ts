import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * Returns the file behind a module's name, as Node finds it from the first of several folders that
 * has it.
 *
 * @param folders where to look, nearest first: for example the user's project, then this program
 * @returns undefined if none of them has it.
 */
export function findModule(name: string, folders: readonly string[]): string | undefined {
  for (const folder of folders) {
    try {
      return createRequire(join(folder, 'any.js')).resolve(name);
    } catch {
      // Not found from here; the caller reports it if no folder has it.
    }
  }
  return undefined;
}
