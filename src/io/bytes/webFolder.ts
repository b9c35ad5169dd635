import { badFile, SAEError } from '../../errors';
import type { Folder } from './folder';
import { openSource } from './source';
import { addressName, type RequestOptions } from './webFile';

/**
 * Returns the files under an address, which cannot be listed.
 *
 * @param address the address of the folder; its query is used for every file
 */
export function webFolder(address: string, options: RequestOptions): Folder {
  const base = new URL(address.replace(/\/*(?=[?#]|$)/, '/'));
  const name = addressName(base.href);
  return {
    name,
    files: async () => undefined,
    open: async (path) => {
      const file = new URL(base.href);
      file.pathname += path.split('/').map(encodeURIComponent).join('/');
      if (!file.pathname.startsWith(base.pathname)) {
        throw badFile(name, 'a file in it', JSON.stringify(path), 'Give its own address.');
      }
      try {
        return await openSource(file, options);
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
  };
}

/** Returns whether a server has reported that a file does not exist. */
const isMissing = (error: unknown): boolean =>
  error instanceof SAEError &&
  [404, 410].includes((error.cause as { status?: number })?.status ?? 0);
