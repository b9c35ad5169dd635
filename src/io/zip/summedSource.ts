import { type ByteSource, checkSpan } from '../bytes/byteSource';
import { crc32 } from '../bytes/crc32';
import { damaged, type ZipMember } from './member';

/**
 * Returns a stored member's bytes for reading in any order; if they are read from first to last, in
 * any pieces, their checksum is compared once.
 *
 * @param source exactly the member's bytes
 */
export function summedSource(source: ByteSource, { name: member, crc }: ZipMember): ByteSource {
  const { name, size } = source;
  // The checksum of the bytes before this offset is known.
  let summed = 0;
  let sum = 0;
  const add = (bytes: Uint8Array, offset: number) => {
    if (offset > summed || offset + bytes.length <= summed) return;
    sum = crc32(bytes.subarray(summed - offset), sum);
    summed = offset + bytes.length;
    if (summed < size || sum === crc) return;
    // A repeated read fails again.
    summed = 0;
    sum = 0;
    throw damaged(member, 'another checksum');
  };
  return {
    name,
    size,
    read: async (offset, length) => {
      checkSpan({ name, size }, offset, length);
      const bytes = await source.read(offset, length);
      add(bytes, offset);
      return bytes;
    },
    close: () => source.close(),
  };
}
