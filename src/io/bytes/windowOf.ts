import { type ByteSource, checkSpan } from './byteSource';

/**
 * Returns a part of another source, under the same name. Closing it keeps the other one open.
 *
 * @throws SAE_FILE for a part that the other does not have.
 */
export function windowOf(source: ByteSource, offset: number, size: number): ByteSource {
  checkSpan(source, offset, size);
  const { name } = source;
  return {
    name,
    size,
    read: async (at, length, onPart) => {
      checkSpan({ name, size }, at, length);
      return source.read(offset + at, length, onPart);
    },
    close: async () => {},
  };
}
