import { badFile } from '../errors';
import { blobSource } from '../io/bytes/blobSource';
import { writeInHandle } from '../io/bytes/directoryHandle';
import { type CheckpointStore, partsOf } from './store';

type Folder = FileSystemDirectoryHandle & { keys(): AsyncIterable<string> };

const ADVICE = 'Make room in what the browser keeps for this site, or keep fewer checkpoints.';
const refused = (where: string, expected: string, error: unknown) =>
  badFile(where, expected, String(error), ADVICE, error);

/** Returns whether this page has a private file system that it can write to. */
export const hasPrivateFiles = (): boolean =>
  typeof navigator !== 'undefined' &&
  typeof navigator.storage?.getDirectory === 'function' &&
  typeof FileSystemFileHandle === 'function' &&
  'createWritable' in FileSystemFileHandle.prototype;

/** Stores checkpoints in the page's private file system (OPFS), in a folder with this path. */
export function privateFileStore(path: string): CheckpointStore {
  const folder = async (create: boolean): Promise<Folder> => {
    let at = await navigator.storage.getDirectory();
    for (const part of path.split('/').filter((name) => name !== '')) {
      at = await at.getDirectoryHandle(part, { create });
    }
    return at as Folder;
  };
  return {
    where: path,
    names: async () => {
      const names: string[] = [];
      try {
        for await (const name of (await folder(false)).keys()) {
          if (partsOf(name)) names.push(name);
        }
      } catch (error) {
        if ((error as DOMException).name !== 'NotFoundError') {
          throw refused(path, 'a folder that can be read', error);
        }
      }
      return names;
    },
    open: async (name) => {
      try {
        return blobSource(await (await (await folder(false)).getFileHandle(name)).getFile());
      } catch (error) {
        throw refused(`${path}/${name}`, 'a file that can be read', error);
      }
    },
    write: async (name, chunks) => {
      try {
        await writeInHandle(await folder(true), name, chunks);
      } catch (error) {
        throw refused(path, 'a folder that can be written', error);
      }
    },
    remove: async (name) => {
      try {
        await (await folder(false)).removeEntry(name);
      } catch (error) {
        if ((error as DOMException).name === 'NotFoundError') return;
        throw refused(`${path}/${name}`, 'a file that can be removed', error);
      }
    },
  };
}

const DATABASE = 'gated-sae-tfjs';
const TABLE = 'checkpoints';

/** Stores checkpoints in IndexedDB: one Blob each, by the place's name and its own. */
export function databaseStore(place: string): CheckpointStore {
  const prefix = `${place}/`;

  async function withTable<T>(
    mode: IDBTransactionMode,
    act: (table: IDBObjectStore) => IDBRequest<T>,
  ): Promise<T> {
    const database = await openDatabase();
    try {
      const transaction = database.transaction(TABLE, mode);
      const ended = new Promise<void>((resolve, reject) => {
        transaction.oncomplete = () => resolve();
        transaction.onabort = () => reject(transaction.error);
      });
      const result = answer(act(transaction.objectStore(TABLE)));
      const [value] = await Promise.all([result, ended]);
      return value;
    } catch (error) {
      throw refused(place, 'a database that can be used', error);
    } finally {
      database.close();
    }
  }

  return {
    where: place,
    names: async () => {
      const keys = await withTable('readonly', (table) => table.getAllKeys());
      const own = keys.map(String).filter((key) => key.startsWith(prefix));
      return own.map((key) => key.slice(prefix.length)).filter((name) => partsOf(name));
    },
    open: async (name) => {
      const blob = await withTable('readonly', (table) => table.get(prefix + name));
      if (blob instanceof Blob) return blobSource(blob);
      throw badFile(prefix + name, 'a checkpoint', 'nothing there', 'Take another one.');
    },
    write: async (name, chunks) => {
      const blob = new Blob(chunks as Uint8Array<ArrayBuffer>[]);
      await withTable('readwrite', (table) => table.put(blob, prefix + name));
    },
    remove: async (name) => {
      await withTable('readwrite', (table) => table.delete(prefix + name));
    },
  };
}

function openDatabase(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(TABLE);
  return answer(request).catch((error) => {
    throw refused(DATABASE, 'a database that can be opened', error);
  });
}

const answer = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
