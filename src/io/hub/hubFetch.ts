import { HubStatus, hubRefused, hubTooBusy, hubUnavailable, SAEError } from '../../errors';
import { nodeModule } from '../../nodeModule';
import { discard } from '../bytes/webFile';
import { addressText, type HubAddress } from './address';
import { MOST_ATTEMPTS, pause, waitAfter } from './pause';
import type { HubSettings } from './settings';

/** The longest total wait for a hub that says when to retry. */
const MOST_WAIT_MS = 5 * 60 * 1000;
const MOST_REDIRECTS = 8;

/** Temporary errors: an overloaded or restarted server, a proxy in between. */
const PASSING = new Set([408, 500, 502, 503, 504]);
/** Redirects, which are followed here. */
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** The headers of a request that another host may see. */
const FOR_OTHERS = ['accept', 'accept-encoding', 'content-type', 'if-range', 'range'];

/**
 * Returns a `fetch` for the hub: the token and the caller's headers go only to the hub, never to a
 * host that it redirects to; temporary errors are retried after growing waits; a refusal becomes an
 * SAEError that says what to do.
 *
 * @param where what the errors are about
 * @param wait replaces the clock in tests
 */
export function hubFetch(
  settings: HubSettings,
  where: HubAddress,
  wait: typeof pause = pause,
): typeof fetch {
  const name = addressText(where);
  const hub = new URL(settings.endpoint).origin;
  const signal = settings.requestInit?.signal;
  return async (input, init = {}) => {
    const address = input instanceof Request ? input.url : String(input);
    const once = () => request(settings, hub, address, init);
    let waited = 0;
    for (let attempt = 1; ; attempt++) {
      const last = attempt === MOST_ATTEMPTS || !isRepeatable(address, init);
      let response: Response;
      try {
        response = await once();
      } catch (error) {
        if (signal?.aborted || init.signal?.aborted || error instanceof SAEError) throw error;
        if (last) throw hubUnavailable(name, 'a connection that failed', attempt, error);
        await wait(waitAfter(attempt), signal);
        continue;
      }
      const { status } = response;
      // The requested range is past the end: the caller requests another one.
      if (response.ok || status === 416) return response;
      const answer = await answerOf(response);
      if (status === 429) {
        const ms = retryAfter(response) ?? waitAfter(attempt);
        waited += ms;
        if (waited > MOST_WAIT_MS || attempt === MOST_ATTEMPTS) {
          throw hubTooBusy(name, ms / 1000, settings.token !== undefined);
        }
        await wait(ms, signal);
      } else if (PASSING.has(status)) {
        if (last) throw hubUnavailable(name, `status ${status}`, attempt, answer);
        await wait(waitAfter(attempt), signal);
      } else {
        throw hubRefused(name, {
          answer,
          page: pageOf(settings.endpoint, where),
          revision: where.revision,
          hasToken: settings.token !== undefined,
          isFile: /\/resolve\//.test(address),
          isWrite: isWrite(address, init),
        });
      }
    }
  };
}

/**
 * Returns whether a request may be repeated: a commit or a new repository may have been created
 * even if the response was lost.
 */
const isRepeatable = (address: string, { method = 'GET', body }: RequestInit) =>
  !(method === 'POST' && /\/api\/(repos\/create|.*\/commit\/)/.test(address)) &&
  !(body instanceof ReadableStream);

const isWrite = (address: string, { method }: RequestInit) =>
  method === 'PUT' ||
  /\/api\/(repos\/create|.*\/(commit|preupload)\/)|\.git\/info\/lfs\//.test(address);

/** Sends a request, and follows its redirects. */
async function request(
  settings: HubSettings,
  hub: string,
  address: string,
  init: RequestInit,
): Promise<Response> {
  const { fetchFunc = fetch, requestInit, token } = settings;
  // A page does not see redirects; its fetch removes the token by itself.
  const follows = nodeModule('node:fs') !== undefined;
  let url = new URL(address);
  let { method = 'GET' } = init;
  let { body } = init;
  for (let hop = 0; ; hop++) {
    const isHub = url.origin === hub;
    const headers = new Headers(isHub ? requestInit?.headers : undefined);
    for (const [key, value] of new Headers(init.headers)) {
      const isOwn = isHub || hop === 0;
      if (isOwn ? key !== 'authorization' : FOR_OTHERS.includes(key)) headers.set(key, value);
    }
    if (isHub && token !== undefined) headers.set('authorization', `Bearer ${token}`);
    const { signal = requestInit?.signal } = init;
    const response = await fetchFunc(url.href, {
      ...(isHub ? requestInit : {}),
      ...init,
      ...(signal && { signal }),
      method,
      headers,
      ...(body !== undefined && { body }),
      ...(follows && { redirect: 'manual' }),
    });
    const location = response.headers.get('location');
    if (!follows || !REDIRECTS.has(response.status) || location === null) return response;
    if (hop === MOST_REDIRECTS || !URL.canParse(location, url)) return response;
    await discard(response);
    url = new URL(location, url);
    if (response.status === 303 || (response.status < 303 && method === 'POST')) {
      method = 'GET';
      body = null;
    }
  }
}

/** The number of bytes of a refusal's body that are read. */
const MOST_TEXT = 2 ** 16;

async function answerOf(response: Response): Promise<HubStatus> {
  const code = response.headers.get('x-error-code') ?? '';
  const said = response.headers.get('x-error-message') ?? '';
  const length = Number(response.headers.get('content-length') ?? 0);
  // Read to the end, so that the connection can be reused.
  if (length > MOST_TEXT) await discard(response);
  else await response.text().catch(() => '');
  return new HubStatus(response.status, /^\w{1,40}$/.test(code) ? code : '', said.slice(0, 300));
}

/** Returns the wait that a server asks for, in milliseconds, from seconds or a date. */
function retryAfter({ headers }: Response): number | undefined {
  const after =
    headers.get('retry-after') ?? /;\s*t=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1];
  if (after == null || after === '') return undefined;
  const ms = /^\d+$/.test(after) ? Number(after) * 1000 : Date.parse(after) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

/** Returns the repository's web page. */
export function pageOf(endpoint: string, { kind, repo }: HubAddress): string {
  return `${endpoint}/${kind === 'model' ? '' : `${kind}s/`}${repo}`;
}
