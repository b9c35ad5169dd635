import { badFile, SAEError } from '../../errors';
import type { Folder } from './folder';
import { openSource } from './source';
import { addressName, type RequestOptions } from './webFile';

/**
 * The files under an address, which nobody can list.
 *
 * @param address of the folder; what follows `?` goes with every file
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

/** Whether a server has said that a file is not there. */
const isMissing = (error: unknown): boolean =>
  error instanceof SAEError &&
  [404, 410].includes((error.cause as { status?: number })?.status ?? 0);
