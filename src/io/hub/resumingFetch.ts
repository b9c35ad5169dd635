import { badFile, SAEError } from '../../errors';
import { discard } from '../bytes/webFile';
import { MOST_ATTEMPTS, pause, waitAfter } from './pause';

/** The most interruptions of one response; a worse connection is given up. */
const MOST_BREAKS = 100;

/**
 * Returns a `fetch` whose responses do not break off: if the connection is lost, the rest is
 * requested, and the body continues with it. Only for files that cannot change, such as those at a
 * commit.
 *
 * @param name how errors refer to the file
 * @param wait replaces the clock in tests
 */
export function resumingFetch(
  name: string,
  fetchFunc: typeof fetch,
  wait: typeof pause = pause,
): typeof fetch {
  return async (input, init = {}) => {
    const response = await fetchFunc(input, init);
    const place = placeOf(response);
    if (place === undefined || response.body === null) return response;
    const again = (first: number) => {
      const headers = new Headers(init.headers);
      headers.set('range', `bytes=${first}-${place.last}`);
      const tag = response.headers.get('etag');
      if (tag?.startsWith('"')) headers.set('if-range', tag);
      return fetchFunc(input, { ...init, headers });
    };
    const rest = new Rest(name, response.body, place, again, (ms) => wait(ms, init.signal));
    const body = new ReadableStream<Uint8Array>(
      { pull: (controller) => rest.pull(controller), cancel: () => rest.cancel() },
      { highWaterMark: 0 },
    );
    const { status, statusText, headers } = response;
    return new Response(body, { status, statusText, headers });
  };
}

/** The range of a response's bytes in the file. */
interface Place {
  readonly first: number;
  readonly last: number;
  readonly size: number;
}

/** Returns the range; undefined if it is unknown, since the response may be compressed. */
function placeOf({ status, type, headers }: Response): Place | undefined {
  if ((headers.get('content-encoding') ?? 'identity') !== 'identity') return undefined;
  const range = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(
    headers.get('content-range') ?? '',
  );
  if (status === 206 && range) {
    const [first = 0, last = 0, size = 0] = range.slice(1).map(Number);
    return first <= last && last < size ? { first, last, size } : undefined;
  }
  // A page does not see whether another site's response is compressed.
  const length = Number(headers.get('content-length') ?? Number.NaN);
  if (status !== 200 || type === 'cors' || !(length > 0)) return undefined;
  return { first: 0, last: length - 1, size: length };
}

/** A body that is resumed where it broke off. */
class Rest {
  #reader: ReadableStreamDefaultReader<Uint8Array>;
  #at: number;
  #breaks = 0;
  /** Failures since the last byte that arrived. */
  #failures = 0;

  constructor(
    private readonly name: string,
    body: ReadableStream<Uint8Array>,
    private readonly place: Place,
    private readonly again: (first: number) => Promise<Response>,
    private readonly wait: (ms: number) => Promise<void>,
  ) {
    this.#reader = body.getReader();
    this.#at = place.first;
  }

  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    const { last } = this.place;
    for (;;) {
      let lost: unknown;
      try {
        const { done, value } = await this.#reader.read();
        if (!done && value.length === 0) continue;
        if (!done) {
          this.#at += value.length;
          this.#failures = 0;
          // If more than announced arrives, the reader rejects it.
          controller.enqueue(value);
          return;
        }
        if (this.#at > last) return controller.close();
      } catch (error) {
        lost = error;
        // Everything was sent, however the response ended.
        if (this.#at > last) return controller.close();
      }
      await this.#resume(lost);
    }
  }

  cancel(): Promise<void> {
    return this.#reader.cancel().catch(() => {});
  }

  async #resume(lost: unknown): Promise<void> {
    const { first, last, size } = this.place;
    const isAbort = (lost as { name?: string } | undefined)?.name === 'AbortError';
    if (isAbort || lost instanceof SAEError) throw lost;
    this.#breaks++;
    this.#failures++;
    if (this.#failures >= MOST_ATTEMPTS || this.#breaks > MOST_BREAKS) {
      const received = `a connection that broke off after ${this.#at - first}`;
      const advice = 'Check the network, and try again.';
      throw badFile(this.name, `${last + 1 - first} bytes`, received, advice, lost);
    }
    await this.wait(waitAfter(this.#failures));
    const response = await this.again(this.#at);
    const place = placeOf(response);
    const isRest =
      response.status === 206 &&
      place?.first === this.#at &&
      place.last === last &&
      place.size === size;
    if (!isRest || response.body === null) {
      await discard(response);
      const received = 'another one after the connection was lost';
      throw badFile(this.name, 'the rest of the file', received, 'Open it again.', lost);
    }
    this.#reader = response.body.getReader();
  }
}
