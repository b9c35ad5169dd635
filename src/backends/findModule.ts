import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * The file behind a module's name, as Node finds it from the first of several folders that has it.
 *
 * @param folders where to look, the nearest first: say, the user's project, then this program
 * @returns undefined where none of them has it.
 */
export function findModule(name: string, folders: readonly string[]): string | undefined {
  for (const folder of folders) {
    try {
      return createRequire(join(folder, 'any.js')).resolve(name);
    } catch {
      // Not from here; the caller says what is missing when no folder has it.
    }
  }
  return undefined;
}
