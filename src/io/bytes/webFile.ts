import { base64Of } from '../../bytes';
import { badFile, SAEError } from '../../errors';
import { GrowingBytes } from './growingBytes';
import type { Progress } from './progress';

/** How a file is requested: the names are those of `tf.io.http`. */
export interface RequestOptions {
  /** The second argument of `fetch`: headers, credentials, a signal; nothing by default. */
  requestInit?: RequestInit;
  /** The function to call in place of `fetch`, the default. */
  fetchFunc?: typeof fetch;
}

/**
 * Returns the address as errors show it: name and password are secret, and so often is what follows
 * `?`.
 */
export function addressName(address: string): string {
  if (/^data:/i.test(address)) return 'data: address';
  return address.replace(/[?#].*$/s, '').replace(CREDENTIALS, '$1');
}

/** Matches `https://name:password@host/`, up to the last `@` before the path. */
const CREDENTIALS = /^(https?:[\\/]*)([^\\/?#]*)@/i;

/** A file at a web address. */
export class WebFile {
  /** How errors refer to it. */
  readonly name: string;
  readonly #address: string;
  readonly #init: RequestInit;

  constructor(
    address: string,
    private readonly options: RequestOptions,
    private readonly progress: Progress,
  ) {
    this.name = addressName(address);
    this.#address = address.replace(CREDENTIALS, '$1');
    const headers = new Headers(options.requestInit?.headers);
    // fetch rejects addresses that contain a password. As a header it goes to no other host: fetch
    // omits it when redirected to one.
    const [, , credentials] = CREDENTIALS.exec(address) ?? [];
    if (credentials !== undefined && !headers.has('authorization')) {
      headers.set(
        'authorization',
        `Basic ${base64Of(new TextEncoder().encode(decoded(credentials)))}`,
      );
    }
    this.#init = { ...options.requestInit, headers };
  }

  /**
   * Requests the file.
   *
   * @param range the value of the `Range` header; without it the whole file is requested
   * @throws SAE_FILE if the network, or the page's policy, prevents it; the reason that
   *   `requestInit.signal` was aborted with.
   */
  async request(range?: string): Promise<Response> {
    const headers = new Headers(this.#init.headers);
    if (range !== undefined) headers.set('range', range);
    const { fetchFunc = fetch } = this.options;
    try {
      return await fetchFunc(this.#address, { ...this.#init, headers });
    } catch (error) {
      throw this.#lost(error);
    }
  }

  /**
   * Returns the body of a response.
   *
   * @param most the greatest length to accept
   * @param size the size of the file, for the progress
   * @returns undefined if it is longer.
   * @throws SAE_FILE if it breaks off.
   */
  async body(response: Response, most: number, size: number): Promise<Uint8Array | undefined> {
    const bytes = new GrowingBytes(most);
    const reader = response.body?.getReader();
    if (reader === undefined) return bytes.bytes;
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw this.#lost(error);
      });
      if (done) return bytes.bytes;
      if (bytes.length + value.length > most) {
        await reader.cancel().catch(() => {});
        return undefined;
      }
      bytes.push(value);
      this.progress.add(value.length, size);
    }
  }

  /** Returns the error for a response that is not the file. */
  refusal({ status, statusText }: Response): SAEError {
    const received = `status ${status} ${statusText}`.trimEnd();
    return badFile(
      this.name,
      'a file',
      received,
      ADVICE[status] ?? 'Check the address, or try later.',
      { status },
    );
  }

  /** Returns the error to report: one thrown on purpose, or a lost connection. */
  #lost(error: unknown): unknown {
    if (this.#init.signal?.aborted || error instanceof SAEError) return error;
    const received = 'a connection that failed';
    return badFile(this.name, 'a file', received, 'Check the address and the network.', error);
  }
}

const SIGN_IN = 'Give what it asks for by requestInit, or as https://name:password@host.';
const ADVICE: Readonly<Record<number, string>> = {
  401: SIGN_IN,
  404: 'Check the address.',
  407: SIGN_IN,
  410: 'Check the address.',
};

/** Releases a response that nobody reads. */
export async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {});
}

/** Decodes a name or password from its form in an address. */
function decoded(credentials: string): string {
  const [user = '', ...password] = credentials.split(':');
  return [user, password.join(':')].map(decodedPart).join(':');
}

function decodedPart(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a % that stands for itself
  }
}
