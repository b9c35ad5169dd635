import { badFile } from '../../errors';
import { GET_AGAIN } from './byteSource';
import { GrowingBytes } from './growingBytes';

/** The address as errors show it: what follows a `?` is often a secret, or very long. */
export function addressName(address: string): string {
  if (/^data:/i.test(address)) return 'data: address';
  return address.replace(/[?#].*$/s, '');
}

/**
 * A request for a file.
 *
 * @param range what `Range` asks for; the whole file without it
 * @throws SAE_FILE where the network, or the page's policy, lets nothing through.
 */
export async function request(address: string, range?: string): Promise<Response> {
  try {
    return await fetch(address, range === undefined ? {} : { headers: { Range: range } });
  } catch (error) {
    throw lost(addressName(address), error);
  }
}

/**
 * The body of an answer.
 *
 * @param most how long it may be
 * @throws SAE_FILE for a longer one, or where it breaks off.
 */
export async function bodyOf(name: string, response: Response, most: number): Promise<Uint8Array> {
  const bytes = new GrowingBytes(most);
  const reader = response.body?.getReader();
  if (reader === undefined) return bytes.bytes;
  for (;;) {
    const { done, value } = await reader.read().catch((error: unknown) => {
      throw lost(name, error);
    });
    if (done) return bytes.bytes;
    if (bytes.length + value.length > most) {
      await reader.cancel().catch(() => {});
      throw badFile(name, `an answer of at most ${most} bytes`, 'a longer one', GET_AGAIN);
    }
    bytes.push(value);
  }
}

/** Lets go of an answer that nobody reads. */
export async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {});
}

/** An answer that is not the file. */
export function refusal(name: string, { status, statusText }: Response) {
  const advice =
    status === 404 || status === 410 ? 'Check the address.' : 'Check the address, or try later.';
  return badFile(name, 'a file', `status ${status} ${statusText}`.trimEnd(), advice);
}

function lost(name: string, error: unknown) {
  const received = 'a connection that failed';
  return badFile(name, 'a file', received, 'Check the address and the network.', error);
}
