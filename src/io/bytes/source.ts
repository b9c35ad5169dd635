import { badFile, wrongOption } from '../../errors';
import { nodeModule } from '../../nodeModule';
import { blobSource } from './blobSource';
import type { ByteSource } from './byteSource';
import { bytesSource } from './bytesSource';
import { fileSource } from './fileSource';
import { httpSource } from './httpSource';
import { wholeSource } from './wholeSource';

export type { ByteSource } from './byteSource';
export { bytesSource } from './bytesSource';
export { windowOf } from './windowOf';

/**
 * What can be opened: a path (in Node) or an address, a file that was chosen in a page, or bytes. A
 * string is a path in Node unless it starts with `http:`, `https:`, `data:` or `blob:`.
 */
export type Openable = string | URL | Blob | ArrayBuffer | ArrayBufferView;

/**
 * Opens anything.
 *
 * In Node a string is a path unless it starts with `http:`, `https:`, `data:` or `blob:`; a
 * `file:` address is the path in it. In a page a string is an address, relative to the page.
 *
 * @returns Its bytes; the caller closes it.
 * @throws SAE_FILE for what is missing or cannot be read, SAE_OPTION for anything else.
 */
export async function openSource(given: Openable): Promise<ByteSource> {
  if (ArrayBuffer.isView(given)) {
    return bytesSource(new Uint8Array(given.buffer, given.byteOffset, given.byteLength));
  }
  if (typeof given === 'string' && given !== '') return openAddress(given);
  // Told by what they say they are: `instanceof` fails for those of another frame.
  switch (Object.prototype.toString.call(given)) {
    case '[object ArrayBuffer]':
      return bytesSource(new Uint8Array(given as ArrayBuffer));
    case '[object Blob]':
    case '[object File]':
      return blobSource(given as Blob);
    case '[object URL]':
      return openAddress((given as URL).href);
    default:
      throw wrongOption('open', 'a path, an address, a Blob or bytes', given);
  }
}

function openAddress(address: string): Promise<ByteSource> {
  if (/^https?:/i.test(address)) return httpSource(address);
  if (/^(data|blob):/i.test(address)) return wholeSource(address);
  const fs = nodeModule<typeof import('node:fs/promises')>('node:fs/promises');
  return fs === undefined ? httpSource(address) : fileSource(fs, pathOf(address));
}

function pathOf(address: string): string {
  if (!/^file:/i.test(address)) return address;
  const url = nodeModule<typeof import('node:url')>('node:url');
  try {
    return url?.fileURLToPath(address) ?? address;
  } catch (error) {
    const received = 'an address elsewhere';
    throw badFile(address, 'the path of a file here', received, 'Check the path.', error);
  }
}
