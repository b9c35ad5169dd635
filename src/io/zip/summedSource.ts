import { type ByteSource, checkSpan } from '../bytes/byteSource';
import { crc32 } from '../bytes/crc32';
import { damaged, type ZipMember } from './member';

/**
 * A stored member's bytes in any order; where they are read from the first to the last, in whatever
 * pieces, their checksum is compared once.
 *
 * @param source what the member's bytes are, and nothing else
 */
export function summedSource(source: ByteSource, { name: member, crc }: ZipMember): ByteSource {
  const { name, size } = source;
  // Of the bytes before this place the sum is known.
  let summed = 0;
  let sum = 0;
  const add = (bytes: Uint8Array, offset: number) => {
    if (offset > summed || offset + bytes.length <= summed) return;
    sum = crc32(bytes.subarray(summed - offset), sum);
    summed = offset + bytes.length;
    if (summed < size || sum === crc) return;
    // Whoever asks again is told again.
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
