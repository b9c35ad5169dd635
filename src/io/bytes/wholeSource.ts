import { badFile } from '../../errors';
import { type ByteSource, GET_AGAIN } from './byteSource';
import { bytesSource } from './bytesSource';
import { discard, type WebFile } from './webFile';

/** The longest file that is taken into memory whole. */
const MOST_BYTES = 2 ** 32;
const INSTEAD = 'Download it, and open it as a file.';

/**
 * A file that comes whole, from a server that sends no parts, or from the page's own memory.
 *
 * @param response the answer to a request that was made
 * @throws SAE_FILE for an answer that is not the file, or not all of it, or above 4 GiB.
 */
export async function wholeSource(file: WebFile, response?: Response): Promise<ByteSource> {
  const answer = response ?? (await file.request());
  const { name } = file;
  if (answer.status !== 200) {
    await discard(answer);
    if (answer.status !== 206) throw file.refusal(answer);
    throw badFile(name, 'the whole file, as it was asked for', 'a part of it', INSTEAD);
  }
  // Of a body that was sent compressed, the length is the compressed one's.
  const isPlain = (answer.headers.get('content-encoding') ?? 'identity') === 'identity';
  const length = answer.headers.get('content-length');
  const likely = isPlain && length !== null ? Number(length) : Number.NaN;
  // Of another site's answer a page sees its length, but not whether it was compressed.
  const declared = answer.type === 'cors' ? Number.NaN : likely;
  if (declared > MOST_BYTES) {
    await discard(answer);
    throw tooLong(name, `${declared} bytes at once`);
  }
  const bytes = await file.body(answer, MOST_BYTES, likely);
  if (bytes === undefined) throw tooLong(name, `more than ${MOST_BYTES} bytes at once`);
  if (Number.isFinite(declared) && bytes.length !== declared) {
    throw badFile(name, `${declared} bytes`, `${bytes.length}`, GET_AGAIN);
  }
  return bytesSource(bytes, name);
}

function tooLong(name: string, received: string) {
  return badFile(name, 'a server that sends parts of files', received, INSTEAD);
}
