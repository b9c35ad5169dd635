import { namingFile } from '../../errors';
import type { ByteSource } from '../bytes/byteSource';
import { datasetOf } from './dataset';
import type { Hdf5Dataset, Hdf5File } from './file';
import { CACHED, MESSAGES, SIGNATURES, SUPERBLOCK_BYTES } from './format';
import { GlobalHeaps } from './globalHeap';
import { entriesOf } from './group';
import { broken, foreign, Metadata, signature, uint64 } from './metadata';
import { messagesOf } from './objectHeader';

export type { Hdf5Dataset, Hdf5File } from './file';

/** The greatest depth of nested groups. */
const MOST_DEPTH = 32;

/**
 * Reads the structure of an HDF5 file, but not its data.
 *
 * It supports only what Keras 3 writes through h5py: groups as symbol tables, contiguous numbers.
 *
 * @returns groups and datasets by path, without a leading slash: `optimizer/vars/0`.
 * @throws SAE_FILE for a file that is incomplete, or that contains anything of another kind.
 */
export const readHdf5 = (source: ByteSource): Promise<Hdf5File> =>
  namingFile(source.name, () => contentsOf(source));

async function contentsOf(source: ByteSource): Promise<Hdf5File> {
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
      throw broken(`${what} with one symbol table`, table ? 'two' : 'none');
    }
    if (depth > MOST_DEPTH) {
      throw foreign(`groups at most ${MOST_DEPTH} deep`, 'deeper ones');
    }
    if (path !== '') groups.add(path);
    for (const entry of await entriesOf(metadata, table.data, path)) {
      await walk(path === '' ? entry.name : `${path}/${entry.name}`, entry.at, depth + 1);
    }
  };
  await walk('', await rootOf(metadata), 0);
  checkApart(datasets);
  return { groups, datasets };
}

/** Rejects data that several datasets share, since it would be read many times over. */
function checkApart(datasets: ReadonlyMap<string, Hdf5Dataset>): void {
  let free = 0;
  const stored = [...datasets.values()].filter(({ bytes }) => bytes > 0);
  for (const { path, offset, bytes } of stored.sort((a, b) => a.offset - b.offset)) {
    if (offset < free) {
      throw broken(`the data of ${path} in bytes of its own`, 'those of another dataset');
    }
    free = offset + bytes;
  }
}

/** The program that wrote the file, according to the superblock's version. */
const NEW_STYLE = 'a file saved with libver="latest"';

/**
 * Reads the beginning of the file.
 *
 * @returns the address of the root group.
 * @throws SAE_FILE for anything but a complete HDF5 file in h5py's default form.
 */
async function rootOf(metadata: Metadata): Promise<number> {
  const kind = 'an HDF5 file';
  if (metadata.end < SUPERBLOCK_BYTES) throw broken(kind, `${metadata.end} bytes`);
  const view = await metadata.view(0, SUPERBLOCK_BYTES, kind);
  if (signature(view, 0, 8) !== SIGNATURES.file) throw broken(kind, 'another kind of file');
  const version = view.getUint8(8);
  if (version === 2 || version === 3) {
    throw foreign('an HDF5 file as Keras writes it', NEW_STYLE);
  }
  const versions = [version, view.getUint8(9), view.getUint8(10), view.getUint8(12)];
  const sizes = [view.getUint8(13), view.getUint8(14)];
  if (versions.some((v) => v !== 0) || sizes.some((size) => size !== 8)) {
    const received = `versions ${versions.join('.')} and sizes ${sizes.join(' and ')}`;
    throw foreign('an HDF5 file as Keras writes it', received);
  }
  if (uint64(view, 24) !== 0) throw foreign('an HDF5 file from its first byte', 'another');
  const end = uint64(view, 40);
  if (end > metadata.end) throw broken(`an HDF5 file of ${end} bytes`, `${metadata.end}`);
  metadata.end = end;
  const cached = view.getUint32(72, true);
  if (cached !== CACHED.nothing && cached !== CACHED.group) {
    throw foreign('a root group', `an entry of kind ${cached}`);
  }
  return uint64(view, 64);
}
