import { missing, wrongOption } from '../errors';
import { nodeModule } from '../nodeModule';
import { folderStore } from './folderStore';
import { databaseStore, hasPrivateFiles, privateFileStore } from './pageStores';
import type { CheckpointStore } from './store';

const IN_DATABASE = 'indexeddb://';

/**
 * Opens the place with this name: in Node a folder; in a page a folder of its private file system,
 * or IndexedDB if there is none or for `indexeddb://…`.
 *
 * @param where whose option it is, for the error
 * @throws SAE_OPTION for an invalid name, SAE_MISSING if none of the three is available.
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
