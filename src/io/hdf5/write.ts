import { byteLength, type Contents, contentsOf, isGroup, type NewDataset } from './contents';
import {
  INTERNAL_K,
  LEAF_K,
  NOWHERE,
  padded,
  SIGNATURES,
  SUPERBLOCK_BYTES,
  SYMBOL_BYTES,
} from './format';
import { Room } from './room';
import { writeDataset, writeTexts } from './writeDataset';
import { type NewEntry, putEntry, type WrittenGroup, writeGroup } from './writeGroup';

/**
 * Returns an HDF5 file in the form that Keras writes through h5py: its structure first, then its
 * data.
 *
 * @param groups empty groups; all others are created automatically
 * @returns its chunks in order; those of the data are passed on without copying.
 * @throws SAE_OPTION for two objects with one name, invalid names, and data whose length differs
 *   from its shape.
 */
export function hdf5Chunks(
  datasets: readonly NewDataset[],
  groups?: readonly string[],
): Uint8Array[] {
  const contents = contentsOf(datasets, groups);
  const room = new Room();
  room.take(SUPERBLOCK_BYTES);
  const texts = writeTexts(room, datasets.filter(({ dtype }) => dtype === 'bfloat16').length);
  /** The datasets in the order of the file, and where the structure stores the address of each. */
  const data: { dataset: NewDataset; bytes: number; address: number }[] = [];
  const write = ({ entries }: Contents): WrittenGroup => {
    const written = sorted(entries).map(({ name, entry }): NewEntry => {
      if (isGroup(entry)) {
        const group = write(entry);
        return { name, at: group.at, group };
      }
      const bytes = byteLength(entry);
      const text = entry.dtype === 'bfloat16' ? texts.pop() : undefined;
      const { at, address } = writeDataset(room, entry.shape, entry.dtype, bytes, text);
      data.push({ dataset: entry, bytes, address });
      return { name, at };
    });
    return writeGroup(room, written);
  };
  const root = write(contents);

  const chunks: Uint8Array[] = [];
  let end = room.take(0);
  for (const { dataset, bytes, address } of data) {
    if (bytes === 0) continue;
    const padding = padded(end) - end;
    if (padding > 0) chunks.push(new Uint8Array(padding));
    room.put64(address, end + padding);
    chunks.push(...dataset.data);
    end += padding + bytes;
  }
  putSuperblock(room, root, end);
  return [room.bytes, ...chunks];
}

/** Sorts as byte strings, as HDF5 looks names up: 1, 10, 2. */
function sorted(entries: Contents['entries']) {
  const encoder = new TextEncoder();
  return [...entries]
    .map(([name, entry]) => ({ name: encoder.encode(name), entry }))
    .sort((a, b) => compare(a.name, b.name));
}

function compare(a: Uint8Array, b: Uint8Array): number {
  const different = a.findIndex((byte, i) => byte !== b[i]);
  return different < 0 ? a.length - b.length : (a[different] ?? 0) - (b[different] ?? -1);
}

function putSuperblock(room: Room, root: WrittenGroup, end: number): void {
  room.putSignature(0, SIGNATURES.file);
  // Addresses and lengths take 8 bytes.
  room.put(13, [8, 8]);
  room.put16(16, LEAF_K);
  room.put16(18, INTERNAL_K);
  room.put(32, NOWHERE);
  room.put64(40, end);
  room.put(48, NOWHERE);
  putEntry(room, SUPERBLOCK_BYTES - SYMBOL_BYTES, 0, { at: root.at, group: root });
}
