import { missing, wrongOption } from '../errors';
import { nodeModule } from '../nodeModule';
import { folderStore } from './folderStore';
import { databaseStore, hasPrivateFiles, privateFileStore } from './pageStores';
import type { CheckpointStore } from './store';

const IN_DATABASE = 'indexeddb://';

/**
 * The place of this name: in Node a folder; in a page a folder of its own file system, or where there
 * is none, and for `indexeddb://…`, IndexedDB.
 *
 * @param where whose option it is, for the error
 * @throws SAE_OPTION for no name, SAE_MISSING where there is none of the three.
 */
export function openStore(where: string, name: unknown): CheckpointStore {
  if (typeof name !== 'string' || name === '') {
    throw wrongOption(where, 'the name of a folder', name);
  }
  const inDatabase = name.startsWith(IN_DATABASE);
  if (nodeModule('node:fs/promises') !== undefined) {
    if (inDatabase) throw wrongOption(where, 'the name of a folder, in Node', name);
    return folderStore(name);
  }
  if (!inDatabase && hasPrivateFiles()) return privateFileStore(name);
  if (typeof indexedDB === 'undefined') {
    throw missing(where, 'a file system or IndexedDB', 'Serve the page over https.');
  }
  return databaseStore(inDatabase ? name.slice(IN_DATABASE.length) : name);
}
