import { badContent, unsupportedPickle } from '../../errors';
import { type ByteSource, GET_AGAIN } from '../bytes/byteSource';
import { DTYPE_BYTES } from '../bytes/dtypes';
import { type StoredTensor, sizeOf } from '../bytes/storedTensor';
import { viewedTensor } from '../bytes/viewedTensor';
import type { Container } from './container';
import type { PickledTensor } from './pickled';

/** The most values of a tensor that is larger than its storage, as `expand` makes it. */
const MOST_EXPANDED = 2 ** 24;

/**
 * Returns a tensor of a file, after checking that its storage has enough bytes. No value is read.
 *
 * @param shown its name, as errors show it
 * @throws SAE_FILE if the storage is missing, or of another size; SAE_UNSUPPORTED for a tensor that
 *   was expanded to far more than its storage.
 */
export function tensorOf(
  { storage, bigEndian }: Container,
  tensor: PickledTensor,
  shown: string,
): StoredTensor {
  const source = storage(tensor.storage.key);
  if (source === undefined) {
    throw badContent(`the storage of tensor ${shown}`, 'none of that key', GET_AGAIN);
  }
  checkView(source, tensor, shown);
  return viewedTensor(source, tensor.dtype, tensor, bigEndian);
}

/** Checks a tensor against the available bytes. */
function checkView(source: ByteSource, tensor: PickledTensor, shown: string): void {
  const { storage, dtype, offset, shape, strides } = tensor;
  const storedWidth = storage.dtype === undefined ? 1 : DTYPE_BYTES[storage.dtype];
  if (Math.floor(source.size / storedWidth) !== storage.length) {
    const expected = `${storage.length * storedWidth} bytes in the storage of tensor ${shown}`;
    throw badContent(expected, `${source.size}`, GET_AGAIN);
  }
  const size = sizeOf(shape);
  const there = Math.floor(source.size / DTYPE_BYTES[dtype]);
  const last = shape.reduce(
    (sum, length, i) => sum + (length - 1) * (strides[i] as number),
    offset,
  );
  if (size > 0 && last >= there) {
    throw badContent(`tensor ${shown} within its storage`, `one of ${there} values`, GET_AGAIN);
  }
  if (size > Math.max(there, MOST_EXPANDED)) {
    const expected = `at most ${MOST_EXPANDED} values that were expanded from fewer`;
    throw unsupportedPickle(expected, `${size} from ${there} in tensor ${shown}`);
  }
}
