import { badFile } from '../../errors';
import { type ByteSource, GET_AGAIN } from './byteSource';
import { bytesSource } from './bytesSource';
import { discard, type WebFile } from './webFile';

/** The longest file that is read into memory. */
const MOST_BYTES = 2 ** 32;
const INSTEAD = 'Download it, and open it as a file.';

/**
 * Opens a file as a whole, from a server that sends no parts, or from the page's own memory.
 *
 * @param response the response to an earlier request
 * @throws SAE_FILE for a response that is not the file, is incomplete, or exceeds 4 GiB.
 */
export async function wholeSource(file: WebFile, response?: Response): Promise<ByteSource> {
  const answer = response ?? (await file.request());
  const { name } = file;
  if (answer.status !== 200) {
    await discard(answer);
    if (answer.status !== 206) throw file.refusal(answer);
    throw badFile(name, 'the whole file, as it was asked for', 'a part of it', INSTEAD);
  }
  // For a compressed body, the length is that of the compressed bytes.
  const isPlain = (answer.headers.get('content-encoding') ?? 'identity') === 'identity';
  const length = answer.headers.get('content-length');
  const likely = isPlain && length !== null ? Number(length) : Number.NaN;
  // A page sees the length of another site's response, but not whether it was compressed.
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
