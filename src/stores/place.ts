import { badFile, fileRefused, SAEError, wrongOption } from '../errors';
import type { ByteSource } from '../io/bytes/byteSource';
import { type DirectoryHandle, openInHandle, writeInHandle } from '../io/bytes/directoryHandle';
import { localFolder } from '../io/bytes/localFolder';
import { webFolder } from '../io/bytes/webFolder';
import { makeFolder } from '../io/files/makeFolder';
import { saveFile } from '../io/files/saveFile';
import { nodeModule } from '../nodeModule';

/**
 * Where to write a store: in Node the path of a folder; in a page a folder of the page's private
 * file system, `await navigator.storage.getDirectory()` or one inside it, or a folder that the user
 * picked.
 */
export type StoreTarget = string | DirectoryHandle;

/** Where to open a store: the same, or the http(s) address of its folder. */
export type StoreSource = StoreTarget | URL;

/** A folder of shards. */
export interface StorePlace {
  /** How errors refer to it. */
  readonly name: string;
  /**
   * Opens a file.
   *
   * @returns the file, which the caller closes; undefined if there is none.
   */
  open(file: string): Promise<ByteSource | undefined>;
  /** Writes a file, completely or not at all. */
  write(file: string, chunks: readonly Uint8Array[]): Promise<void>;
}

const isAddress = (text: string) => /^https?:/i.test(text);

/**
 * Returns the place that an option names.
 *
 * @param where whose option it is, for the error
 * @throws SAE_OPTION if it is not a place.
 */
export function placeOf(where: string, given: StoreSource): StorePlace {
  if (isHandle(given)) return handlePlace(given);
  const isURL = Object.prototype.toString.call(given) === '[object URL]';
  const text = isURL ? (given as URL).href : given;
  if (typeof text !== 'string' || text === '') {
    throw wrongOption(where, 'a folder: a path, an address or a FileSystemDirectoryHandle', given);
  }
  const fs = nodeModule<typeof import('node:fs/promises')>('node:fs/promises');
  if (isAddress(text)) return webPlace(text);
  if (fs === undefined) return webPlace(new URL(text, globalThis.location?.href).href);
  const url = nodeModule('node:url') as typeof import('node:url');
  return nodePlace(fs, /^file:\/\//i.test(text) ? url.fileURLToPath(text) : text);
}

function nodePlace(fs: typeof import('node:fs/promises'), folder: string): StorePlace {
  const path = nodeModule('node:path') as typeof import('node:path');
  const absolute = path.resolve(folder);
  const { open } = localFolder(fs, path, folder);
  return {
    name: folder,
    open,
    write: async (file, chunks) => {
      try {
        await makeFolder(absolute);
        await saveFile(path.join(absolute, file), chunks);
      } catch (error) {
        if (error instanceof SAEError) throw error;
        throw fileRefused(`${folder}/${file}`, 'a file that can be written', error);
      }
    },
  };
}

function webPlace(address: string): StorePlace {
  const { name, open } = webFolder(address, {});
  return {
    name,
    open,
    write: async () => {
      const advice = 'Give the path of a folder, or a FileSystemDirectoryHandle.';
      throw badFile(name, 'a folder that can be written', 'an address', advice);
    },
  };
}

const PAGE_ADVICE =
  'Make room in what the browser keeps for this site, or let the page have that folder.';

function handlePlace(folder: DirectoryHandle): StorePlace {
  const name = folder.name || 'the folder of the page';
  const refusing = async <T>(file: string, expected: string, work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (error instanceof SAEError) throw error;
      throw badFile(`${name}/${file}`, expected, String(error), PAGE_ADVICE, error);
    }
  };
  return {
    name,
    open: (file) =>
      refusing(file, 'a file that can be read', openInHandle(folder, file, `${name}/${file}`)),
    write: (file, chunks) =>
      refusing(file, 'a file that can be written', writeInHandle(folder, file, chunks)),
  };
}

const isHandle = (given: unknown): given is DirectoryHandle =>
  typeof (given as DirectoryHandle | null)?.getFileHandle === 'function';
