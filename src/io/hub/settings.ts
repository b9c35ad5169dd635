import { wrongOption } from '../../errors';
import { nodeModule } from '../../nodeModule';
import { aFunction, checkOptions, optional, type Rules, text } from '../../options';
import { SOURCE_RULES } from '../bytes/source';
import type { RequestOptions } from '../bytes/webFile';

/** Options of requests to the hub. */
export interface HubOptions extends RequestOptions {
  /** A branch, a tag or a commit; `main` by default. It can be in the address instead. */
  revision?: string;
  /**
   * An access token, `hf_…`; false for none. In Node by default `HF_TOKEN`, or the token stored by
   * `hf auth login`; in a page none.
   */
  token?: string | false;
  /**
   * Whether whole files are cached in the folder that Python's `huggingface_hub` uses, and read
   * from it; or the path of another such folder. True by default in Node; pages cache nothing.
   */
  cache?: boolean | string;
  /**
   * Called while a file is fetched: as a whole, or in a page part by part. None by default.
   *
   * @param fraction the share of the file that has arrived, above 0, up to 1
   * @param path the file's path in the repository
   * @param size the size of the whole file, in bytes
   */
  onProgress?: (fraction: number, path: string, size: number) => void;
}

/** The rules of these options. */
export const HUB_RULES: Rules<HubOptions> = {
  requestInit: SOURCE_RULES.requestInit,
  fetchFunc: SOURCE_RULES.fetchFunc,
  revision: optional(text),
  // Whatever it is, an error must not show it: see tokenOf.
  token: { expected: 'a token', accepts: () => true, fallback: undefined },
  cache: {
    expected: "true, false or a folder's path",
    accepts: (v) => typeof v === 'boolean' || (typeof v === 'string' && v !== ''),
    fallback: true,
  },
  onProgress: optional(aFunction<NonNullable<HubOptions['onProgress']>>()),
};

/** The combined settings of options and machine. */
export interface HubSettings {
  /** The hub's address, without a trailing slash. */
  readonly endpoint: string;
  readonly token: string | undefined;
  /** Where whole files are cached; undefined for nowhere. */
  readonly cache: string | undefined;
  /** Whether requests to the hub are forbidden. */
  readonly offline: boolean;
  readonly onProgress: HubOptions['onProgress'] | undefined;
  readonly requestInit: RequestInit | undefined;
  readonly fetchFunc: typeof fetch | undefined;
}

type Env = Readonly<Record<string, string | undefined>>;

const isSet = (value: string | undefined) => /^(1|on|yes|true)$/i.test(value ?? '');

/**
 * Returns checked options, completed by the environment: `HF_ENDPOINT`, `HF_TOKEN`, `HF_HUB_CACHE`,
 * `HF_HOME`, `HF_HUB_OFFLINE`, read like `huggingface_hub`.
 *
 * @throws SAE_OPTION
 */
export function hubSettings(where: string, options: HubOptions): HubSettings {
  const { token, cache, onProgress, requestInit, fetchFunc } = checkOptions<HubOptions>(
    where,
    HUB_RULES,
    options,
  );
  const env: Env = nodeModule('node:fs') === undefined ? {} : process.env;
  return {
    endpoint: endpointOf(where, env),
    token: tokenOf(where, token, env),
    cache: cacheOf(cache, env),
    offline: isSet(env['HF_HUB_OFFLINE'] || env['TRANSFORMERS_OFFLINE']),
    onProgress,
    requestInit,
    fetchFunc,
  };
}

function endpointOf(where: string, env: Env): string {
  const given = env['HF_ENDPOINT'] || 'https://huggingface.co';
  const isAddress = /^https?:\/\//i.test(given) && URL.canParse(given);
  if (!isAddress) throw wrongOption(`${where}: HF_ENDPOINT`, 'an address https://…', given);
  return given.replace(/\/+$/, '');
}

/** @throws SAE_OPTION, without the token itself, which is secret. */
function tokenOf(where: string, given: string | false | undefined, env: Env): string | undefined {
  if (given === false) return undefined;
  if (given !== undefined) {
    if (typeof given === 'string' && /^[\x21-\x7e]+$/.test(given)) return given;
    const received = typeof given === 'string' ? 'a text of another kind' : typeof given;
    const expected = 'an access token without spaces, or false';
    throw wrongOption(`${where}.token`, expected, received, 'Make one in the settings of the hub.');
  }
  if (isSet(env['HF_HUB_DISABLE_IMPLICIT_TOKEN'])) return undefined;
  const set = env['HF_TOKEN'] || env['HUGGING_FACE_HUB_TOKEN'] || tokenInFile(env);
  const token = set?.replace(/[\r\n]/g, '').trim();
  return token && /^[\x21-\x7e]+$/.test(token) ? token : undefined;
}

function tokenInFile(env: Env): string | undefined {
  const fs = nodeModule<typeof import('node:fs')>('node:fs');
  const path = nodeModule<typeof import('node:path')>('node:path');
  if (fs === undefined || path === undefined) return undefined;
  const file = env['HF_TOKEN_PATH'] || path.join(homeOf(env), 'token');
  try {
    return fs.readFileSync(expanded(file, env), 'utf8');
  } catch {
    return undefined; // nobody is logged in
  }
}

function cacheOf(given: boolean | string, env: Env): string | undefined {
  const path = nodeModule<typeof import('node:path')>('node:path');
  if (given === false || path === undefined) return undefined;
  if (typeof given === 'string') return path.resolve(given);
  const set = env['HF_HUB_CACHE'] || env['HUGGINGFACE_HUB_CACHE'];
  return path.resolve(expanded(set || path.join(homeOf(env), 'hub'), env));
}

function homeOf(env: Env): string {
  const home = env['HF_HOME'] || `${env['XDG_CACHE_HOME'] || '~/.cache'}/huggingface`;
  return expanded(home, env);
}

/** Expands `~` and `$NAME` like Python's os.path. */
function expanded(path: string, env: Env): string {
  const os = nodeModule<typeof import('node:os')>('node:os');
  return path
    .replace(/^~(?=$|[\\/])/, () => os?.homedir() ?? '~')
    .replace(/\$(?:(\w+)|\{(\w+)\})/g, (whole, bare, braced) => env[bare ?? braced] ?? whole);
}
