import type { ByteSource } from '../bytes/byteSource';
import { datasetOf } from './dataset';
import type { Hdf5Dataset, Hdf5File } from './file';
import { MESSAGES } from './format';
import { GlobalHeaps } from './globalHeap';
import { entriesOf } from './group';
import { broken, foreign, Metadata } from './metadata';
import { messagesOf } from './objectHeader';
import { rootOf } from './superblock';

export type { Hdf5Dataset, Hdf5Dtype, Hdf5File } from './file';

/** How deep groups may stand in one another. */
const MOST_DEPTH = 32;

/**
 * Reads what is in an HDF5 file, and where; its data is not read.
 *
 * It knows what Keras 3 writes through h5py and nothing else: groups as symbol tables, numbers in
 * a row.
 *
 * @returns Groups and datasets by path, without a slash before it, as in `optimizer/vars/0`.
 * @throws SAE_FILE for a file that is not whole, or of which anything is of another kind.
 */
export async function readHdf5(source: ByteSource): Promise<Hdf5File> {
  const metadata = new Metadata(source);
  const heaps = new GlobalHeaps(metadata);
  const groups = new Set<string>();
  const datasets = new Map<string, Hdf5Dataset>();
  const walk = async (path: string, at: number, depth: number): Promise<void> => {
    const messages = await messagesOf(metadata, at, path);
    const [table, second] = messages.filter(({ type }) => type === MESSAGES.symbolTable);
    if (table === undefined && path !== '') {
      datasets.set(path, await datasetOf(metadata, heaps, messages, path));
      return;
    }
    const what = path === '' ? 'the root group' : path;
    if (table === undefined || second !== undefined) {
      throw broken(metadata.file, `${what} with one symbol table`, table ? 'two' : 'none');
    }
    if (depth > MOST_DEPTH) {
      throw foreign(metadata.file, `groups at most ${MOST_DEPTH} deep`, 'deeper ones');
    }
    if (path !== '') groups.add(path);
    for (const entry of await entriesOf(metadata, table.data, path)) {
      await walk(path === '' ? entry.name : `${path}/${entry.name}`, entry.at, depth + 1);
    }
  };
  await walk('', await rootOf(metadata), 0);
  checkApart(metadata.file, datasets);
  return { groups, datasets };
}

/** Data that several datasets share would be read many times over. */
function checkApart(file: string, datasets: ReadonlyMap<string, Hdf5Dataset>): void {
  let free = 0;
  const stored = [...datasets.values()].filter(({ bytes }) => bytes > 0);
  for (const { path, offset, bytes } of stored.sort((a, b) => a.offset - b.offset)) {
    if (offset < free) {
      throw broken(file, `the data of ${path} in bytes of its own`, 'those of another dataset');
    }
    free = offset + bytes;
  }
}
