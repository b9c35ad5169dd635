import { badFile } from '../../errors';
import { type ByteSource, checkSpan } from './byteSource';

/** Returns a Blob, or a File that the user chose, as a source. */
export function blobSource(blob: Blob): ByteSource {
  const { size } = blob;
  const given = (blob as { name?: unknown }).name;
  const name = typeof given === 'string' && given !== '' ? given : 'Blob';
  return {
    name,
    size,
    read: async (offset, length) => {
      checkSpan({ name, size }, offset, length);
      let bytes: Uint8Array;
      try {
        bytes = new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
      } catch (error) {
        // The browser's error for a file that was changed or removed after it was chosen.
        const received = 'one that cannot be read any more';
        throw badFile(name, 'a file that can be read', received, 'Choose it again.', error);
      }
      if (bytes.length !== length) {
        throw badFile(name, `${length} bytes at ${offset}`, `${bytes.length}`, 'Choose it again.');
      }
      return bytes;
    },
    close: async () => {},
  };
}
