import { badContent } from '../../errors';
import { reversed } from './byteOrder';
import type { ByteSource } from './byteSource';
import { DTYPE_BYTES, type Dtype } from './dtypes';
import { rowMajor, type View } from './rowMajor';
import type { StoredTensor } from './storedTensor';
import { float32From } from './values';

/**
 * Returns an array whose values are in any order in a source: by columns, or a part of a larger
 * array.
 *
 * @param view the places of the values, which the caller has checked against the source
 * @param bigEndian whether each value has its highest byte first
 */
export function viewedTensor(
  source: ByteSource,
  dtype: Dtype,
  { offset, shape, strides }: View,
  bigEndian: boolean,
): StoredTensor {
  const width = DTYPE_BYTES[dtype];
  const [length = 1] = shape;
  const places = async (first: number, count: number): Promise<Uint8Array> => {
    if (first < 0 || count < 0 || first + count > length) {
      const received = `${length} of them`;
      throw badContent(`places ${first} to ${first + count}`, received, 'Ask for fewer.');
    }
    const start = offset + first * (strides[0] ?? 0);
    const axes = shape.map((axis, i) => (i === 0 ? count : axis));
    const bytes = await rowMajor(source, { offset: start, shape: axes, strides }, width);
    return bigEndian && width > 1 ? reversed(bytes, width) : bytes;
  };
  return {
    dtype,
    shape,
    floats: async (first = 0, count = length - first) =>
      float32From(dtype, await places(first, count)),
    bytes: () => places(0, length),
  };
}
