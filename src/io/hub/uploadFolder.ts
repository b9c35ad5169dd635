import { badFile, HubStatus, SAEError, wrongOption } from '../../errors';
import { checkOptions, oneOf, optional, type Rules, text } from '../../options';
import type { RequestOptions } from '../bytes/webFile';
import { addressText, type HubAddress, isPathInside, joined, parseAddress } from './address';
import { hubFetch } from './hubFetch';
import { loadHub } from './load';
import { HUB_RULES, type HubSettings, hubSettings } from './settings';

/** A file to upload to the hub. */
export interface UploadFile {
  /** Its path below the address, with `/`. */
  path: string;
  /** Its bytes; a Blob is read while it is sent. */
  content: Blob | Uint8Array;
}

/** Options of an upload to the hub. */
export interface UploadFolderArgs extends RequestOptions {
  /**
   * A token with write access, `hf_…`; in Node by default `HF_TOKEN`, or that of `hf auth login`.
   */
  token?: string;
  /** The commit's title; by default the number of files. */
  message?: string;
  /** Creates the repository if it is missing, public or private. By default it must exist. */
  createRepo?: 'public' | 'private';
  /** The branch; `main` by default. It can be in the address instead. */
  revision?: string;
}

/** The result of an upload. */
export interface Uploaded {
  /** The full hash of the commit. */
  commit: string;
  /** The URL of its page. */
  url: string;
}

const RULES: Rules<UploadFolderArgs> = {
  requestInit: HUB_RULES.requestInit,
  fetchFunc: HUB_RULES.fetchFunc,
  // Whatever it is, an error must not show it: see hubSettings.
  token: { expected: 'a token', accepts: () => true, fallback: undefined },
  message: optional(text),
  createRepo: optional(oneOf(['public', 'private'])),
  revision: optional(text),
};

/**
 * Uploads files to a repository of the Hugging Face hub, as one commit; files with other names
 * stay.
 *
 * @param address `hf://owner/repo`, optionally with `@branch` and a path
 * @param files the files, each with its path below the address, and its bytes
 * @param args options, see {@link UploadFolderArgs}
 * @returns the commit, and its page
 * @throws SAE_OPTION for an invalid address, file or option, or without a token; SAE_FILE if the
 *   hub refuses the upload or does not answer: there is then no commit, unless the connection was
 *   lost just after it.
 * @example
 * ```ts
 * import { modelCard, uploadFolder } from 'gated-sae-tfjs';
 * async function publish(weights: Uint8Array) {
 *   const card = new TextEncoder().encode(modelCard({ name: 'Digits', architecture: 'gated' }));
 *   return uploadFolder('hf://me/digits-sae', [
 *     { path: 'README.md', content: card },
 *     { path: 'sae_weights.safetensors', content: weights },
 *   ], { createRepo: 'private', message: 'A first dictionary' });
 * }
 * console.log(typeof publish); // publish(weights) asks the hub, by the token in HF_TOKEN
 * ```
 */
export async function uploadFolder(
  address: string,
  files: readonly UploadFile[],
  args: UploadFolderArgs = {},
): Promise<Uploaded> {
  const where = 'uploadFolder';
  const { message, createRepo, revision } = checkOptions<UploadFolderArgs>(where, RULES, args);
  const { token, requestInit, fetchFunc } = args;
  const given = { token, requestInit, fetchFunc };
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  const settings = hubSettings(where, Object.fromEntries(set));
  const place = parseAddress(where, address, revision);
  const blobs = checked(place, files);
  if (settings.token === undefined) {
    const advice = 'Set HF_TOKEN, or give {token}: one made for writing.';
    throw wrongOption(`${where}.token`, 'a token that may write', undefined, advice);
  }
  const fetch = hubFetch(settings, place);
  if (createRepo !== undefined) await create(place, settings, fetch, createRepo);
  const { uploadFiles } = await loadHub();
  const made = await answered(place, settings, () =>
    uploadFiles({
      repo: { type: place.kind, name: place.repo },
      files: blobs,
      branch: place.revision,
      commitTitle: message ?? `Add ${blobs.length} file${blobs.length === 1 ? '' : 's'}`,
      hubUrl: settings.endpoint,
      fetch,
    }),
  );
  if (made === undefined) throw odd(place);
  return { commit: made.commit.oid, url: made.commit.url };
}

/**
 * @throws SAE_OPTION for an invalid file, a path that occurs twice, and one that leads out of the
 *   folder.
 */
function checked(place: HubAddress, files: readonly UploadFile[]) {
  const refuse = (expected: string, received: unknown) =>
    wrongOption('uploadFolder.files', expected, received);
  if (!Array.isArray(files) || files.length === 0) throw refuse('[{path, content}, …]', files);
  const seen = new Set<string>();
  return (files as readonly UploadFile[]).map((file) => {
    const { path, content } = file ?? {};
    if (typeof path !== 'string' || !isPathInside(path) || path.startsWith('.git/')) {
      throw refuse('paths in the repository, with slashes', path);
    }
    if (seen.has(path)) throw refuse('each path once', path);
    seen.add(path);
    const isBlob = /\[object (Blob|File)\]/.test(Object.prototype.toString.call(content));
    if (!isBlob && !ArrayBuffer.isView(content)) throw refuse('content: a Blob or bytes', content);
    const blob = isBlob ? (content as Blob) : new Blob([content as Uint8Array<ArrayBuffer>]);
    return { path: joined(place.path, path), content: blob };
  });
}

/** Creates the repository, unless it exists. */
async function create(
  place: HubAddress,
  settings: HubSettings,
  fetch: typeof globalThis.fetch,
  visibility: 'public' | 'private',
): Promise<void> {
  const { createRepo } = await loadHub();
  const repo = { type: place.kind, name: place.repo };
  // Its type requires a token of this form; the one that is sent is set by hubFetch.
  const accessToken = `hf_${settings.token?.replace(/^hf_/, '') ?? ''}` as const;
  const { endpoint: hubUrl } = settings;
  try {
    await answered(place, settings, () =>
      createRepo({ repo, visibility, accessToken, hubUrl, fetch }),
    );
  } catch (error) {
    const { cause } = error as SAEError;
    if (!(cause instanceof HubStatus && cause.status === 409)) throw error;
  }
}

async function answered<T>(
  place: HubAddress,
  { requestInit }: HubSettings,
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof SAEError || requestInit?.signal?.aborted) throw error;
    throw odd(place, error);
  }
}

const odd = (place: HubAddress, cause?: unknown) =>
  badFile(
    addressText(place),
    'an answer of the hub',
    'something else',
    'Look at its page whether the files are there, and try again.',
    cause,
  );
