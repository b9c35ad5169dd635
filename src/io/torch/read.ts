import { badContent, namingFile } from '../../errors';
import type { ByteSource } from '../bytes/byteSource';
import type { StoredTensor } from '../bytes/storedTensor';
import { contentsOf, type PlainValue, shownName } from './contents';
import { legacy } from './legacy';
import { tensorOf } from './tensor';
import { zipped } from './zipped';

export type { PlainValue } from './contents';

/** A file that torch.save wrote: what it holds, of which no tensor's value has been read yet. */
export interface TorchFile {
  /** By path: keys of dicts and places in lists, joined by dots. One tensor alone is `''`. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** What it holds beside tensors, by path, too. */
  readonly values: ReadonlyMap<string, PlainValue>;
}

/** What files of the two forms begin with: a ZIP archive's first header, and a pickle's version. */
const ZIP_START = [0x50, 0x4b];
const PICKLE_START = 0x80;

/**
 * Opens a file that torch.save wrote of tensors, numbers, text, and lists and dicts of them: a
 * `state_dict`, as most dictionaries are published. Nothing in it is run. Every tensor is held against
 * the bytes that are there, before any is read.
 *
 * @param source stays open as long as tensors are read, and is the caller's to close
 * @throws SAE_FILE for a file that is damaged or something else; SAE_UNSUPPORTED for one that holds
 * anything but data, as a whole model does.
 */
export const openTorch = (source: ByteSource): Promise<TorchFile> =>
  namingFile(source.name, () => opened(source));

async function opened(source: ByteSource): Promise<TorchFile> {
  const start = await source.read(0, Math.min(source.size, ZIP_START.length));
  const isZip =
    start.length === ZIP_START.length && ZIP_START.every((byte, i) => byte === start[i]);
  if (!isZip && start[0] !== PICKLE_START) {
    throw badContent('a file that torch.save wrote', 'another kind of file', 'Give a .pt file.');
  }
  const container = await (isZip ? zipped(source) : legacy(source));
  const { tensors, values } = contentsOf(container.root);
  const named = new Map<string, StoredTensor>();
  for (const [name, tensor] of tensors) {
    named.set(name, naming(source.name, tensorOf(container, tensor, shownName(name))));
  }
  return { tensors: named, values };
}

/** A tensor whose errors say of which file it is. */
function naming(file: string, { dtype, shape, floats, bytes }: StoredTensor): StoredTensor {
  return {
    dtype,
    shape,
    floats: (first, count) => namingFile(file, () => floats(first, count)),
    bytes: () => namingFile(file, bytes),
  };
}
