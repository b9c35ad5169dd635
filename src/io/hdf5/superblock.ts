import { CACHED, SIGNATURES, SUPERBLOCK_BYTES } from './format';
import { broken, foreign, type Metadata, signature, uint64 } from './metadata';

/** What a version of the superblock says about who wrote the file. */
const NEW_STYLE = 'a file saved with libver="latest"';

/**
 * Reads what stands at the file's start.
 *
 * @returns The address of the root group.
 * @throws SAE_FILE for anything but an HDF5 file as h5py writes it by default, whole.
 */
export async function rootOf(metadata: Metadata): Promise<number> {
  const { file } = metadata;
  const kind = 'an HDF5 file';
  if (metadata.end < SUPERBLOCK_BYTES) throw broken(file, kind, `${metadata.end} bytes`);
  const view = await metadata.view(0, SUPERBLOCK_BYTES, kind);
  if (signature(view, 0, 8) !== SIGNATURES.file) throw broken(file, kind, 'another kind of file');
  const version = view.getUint8(8);
  if (version === 2 || version === 3) {
    throw foreign(file, 'an HDF5 file as Keras writes it', NEW_STYLE);
  }
  const versions = [version, view.getUint8(9), view.getUint8(10), view.getUint8(12)];
  const sizes = [view.getUint8(13), view.getUint8(14)];
  if (versions.some((v) => v !== 0) || sizes.some((size) => size !== 8)) {
    const received = `versions ${versions.join('.')} and sizes ${sizes.join(' and ')}`;
    throw foreign(file, 'an HDF5 file as Keras writes it', received);
  }
  if (uint64(view, 24) !== 0) throw foreign(file, 'an HDF5 file from its first byte', 'another');
  const end = uint64(view, 40);
  if (end > metadata.end) throw broken(file, `an HDF5 file of ${end} bytes`, `${metadata.end}`);
  metadata.end = end;
  const cached = view.getUint32(72, true);
  if (cached !== CACHED.nothing && cached !== CACHED.group) {
    throw foreign(file, 'a root group', `an entry of kind ${cached}`);
  }
  return uint64(view, 64);
}
