import { base64Of } from '../../bytes';
import { badFile, SAEError } from '../../errors';
import { GrowingBytes } from './growingBytes';
import type { Progress } from './progress';

/** How a file is asked for: the names are those of `tf.io.http`. */
export interface RequestOptions {
  /** What `fetch` takes as its second argument: headers, credentials, a signal; nothing by default. */
  requestInit?: RequestInit;
  /** What is called in the place of `fetch`, which is the default. */
  fetchFunc?: typeof fetch;
}

/** The address as errors show it: a name and password are secrets, and so is often what follows `?`. */
export function addressName(address: string): string {
  if (/^data:/i.test(address)) return 'data: address';
  return address.replace(/[?#].*$/s, '').replace(CREDENTIALS, '$1');
}

/** In `https://name:password@host/`, up to the last `@` before the path. */
const CREDENTIALS = /^(https?:[\\/]*)([^\\/?#]*)@/i;

/** A file at an address. */
export class WebFile {
  /** What errors call it. */
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
    // fetch refuses addresses that hold a password. As a header it goes to no other host: fetch
    // leaves it out where it is sent on to one.
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
   * Asks for the file.
   *
   * @param range what `Range` asks for; the whole file without it
   * @throws SAE_FILE where the network, or the page's policy, lets nothing through; what
   * `requestInit.signal` was aborted with.
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
   * The body of an answer.
   *
   * @param most how long it may be
   * @param size of the file, for the progress
   * @returns undefined for a longer one.
   * @throws SAE_FILE where it breaks off.
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

  /** An answer that is not the file. */
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

  /** What was thrown on purpose, or that the connection was lost. */
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

/** Lets go of an answer that nobody reads. */
export async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {});
}

/** A name and password as they were before they were made part of an address. */
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
