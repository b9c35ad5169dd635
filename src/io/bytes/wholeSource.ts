import { badFile } from '../../errors';
import { type ByteSource, GET_AGAIN } from './byteSource';
import { bytesSource } from './bytesSource';
import { addressName, bodyOf, discard, refusal, request } from './response';

/** The longest file that is taken into memory whole. */
const MOST_BYTES = 2 ** 32;

/**
 * A file that comes whole, from a server that sends no parts, or from the page's own memory.
 *
 * @throws SAE_FILE for an answer that is not the file, or not all of it, or above 4 GiB.
 */
export async function wholeSource(address: string): Promise<ByteSource> {
  return wholeOf(addressName(address), await request(address));
}

/** The same, of a request that was made. */
export async function wholeOf(name: string, response: Response): Promise<ByteSource> {
  if (response.status !== 200) {
    await discard(response);
    throw refusal(name, response);
  }
  const declared = Number(response.headers.get('content-length') ?? Number.NaN);
  if (declared > MOST_BYTES) {
    await discard(response);
    const advice = 'Download it, and open it as a file.';
    throw badFile(name, 'a server that sends parts of files', `${declared} bytes at once`, advice);
  }
  const bytes = await bodyOf(name, response, MOST_BYTES);
  // Of a body that was sent compressed, it is the compressed one's length.
  const plain = (response.headers.get('content-encoding') ?? 'identity') === 'identity';
  if (plain && Number.isFinite(declared) && bytes.length !== declared) {
    throw badFile(name, `${declared} bytes`, `${bytes.length}`, GET_AGAIN);
  }
  return bytesSource(bytes, name);
}
