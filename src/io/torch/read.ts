import { badContent, namingFile } from '../../errors';
import type { ByteSource } from '../bytes/byteSource';
import type { StoredTensor } from '../bytes/storedTensor';
import { contentsOf, type PlainValue, shownName } from './contents';
import { legacy } from './legacy';
import { tensorOf } from './tensor';
import { zipped } from './zipped';

export type { PlainValue } from './contents';

/** A file written by torch.save, whose tensors are read on demand. */
export interface TorchFile {
  /** The tensors by path: dict keys and list indices, joined by dots. A single tensor is `''`. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Other values, by path, too. */
  readonly values: ReadonlyMap<string, PlainValue>;
}

/** The first bytes of the two forms: a ZIP archive's first header, and a pickle's version. */
const ZIP_START = [0x50, 0x4b];
const PICKLE_START = 0x80;

/**
 * Opens a file that torch.save wrote of tensors, numbers, text, and lists and dicts of them: a
 * `state_dict`, the form in which most dictionaries are published. Nothing in it is executed. Every
 * tensor is checked against the available bytes before any is read.
 *
 * @param source must stay open as long as tensors are read; the caller closes it
 * @throws SAE_FILE for a file that is damaged or of another kind; SAE_UNSUPPORTED if it holds
 *   anything but data, such as a whole model.
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

/** Returns a tensor whose errors name its file. */
function naming(file: string, { dtype, shape, floats, bytes }: StoredTensor): StoredTensor {
  return {
    dtype,
    shape,
    floats: (first, count) => namingFile(file, () => floats(first, count)),
    bytes: () => namingFile(file, bytes),
  };
}
