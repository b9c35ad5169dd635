import { type ByteSource, checkSpan } from './byteSource';

/** Returns bytes in memory as a source, which is read as views. */
export function bytesSource(bytes: Uint8Array, name = 'bytes'): ByteSource {
  const size = bytes.length;
  return {
    name,
    size,
    read: async (offset, length) => {
      checkSpan({ name, size }, offset, length);
      return bytes.subarray(offset, offset + length);
    },
    close: async () => {},
  };
}
