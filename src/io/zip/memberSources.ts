import type { ByteSource } from '../bytes/byteSource';
import { windowOf } from '../bytes/windowOf';
import { memberSource, type ZipMember } from './read';
import { summedSource } from './summedSource';

/**
 * Returns whether a checksum is present: torch.serialization.set_crc32_options(False) writes 0
 * instead.
 */
export const hasSum = ({ crc, method }: ZipMember): boolean => crc !== 0 || method === 'deflated';

/**
 * Opens an archive's members when they are first read: stored ones in place, comparing their
 * checksum as they are read. Of compressed ones, the last is kept inflated.
 */
export function memberSources(source: ByteSource): (member: ZipMember) => ByteSource {
  let last: { readonly member: ZipMember; readonly bytes: Promise<ByteSource> } | undefined;
  return (member) => {
    const { name } = source;
    const { size } = member;
    if (member.method === 'stored') {
      const bytes = windowOf(source, member.offset, size);
      return hasSum(member) ? summedSource(bytes, member) : bytes;
    }
    const read = async (offset: number, length: number) => {
      if (last?.member !== member) last = { member, bytes: memberSource(source, member) };
      return (await last.bytes).read(offset, length);
    };
    return { name, size, read, close: async () => {} };
  };
}
