import { wrongOption } from '../../errors';

/** A place on the hub. */
export interface HubAddress {
  readonly kind: 'model' | 'dataset' | 'space';
  /** `owner/name`. */
  readonly repo: string;
  /** A branch, a tag or a commit. */
  readonly revision: string;
  /**
   * The path in the repository, without leading or trailing slashes; empty for the whole
   * repository.
   */
  readonly path: string;
}

const FORM = 'hf://owner/repo[@revision]/path/in/repo';
const ADDRESS =
  /^hf:\/\/(?:(models|datasets|spaces)\/)?([^/@]+)\/([^/@]+)(?:@(refs\/(?:pr|convert)\/[^/]+|[^/]+))?(?:\/(.*))?$/s;
const NAME = /^\w(?:[\w.-]*\w)?$/;
const KINDS = { models: 'model', datasets: 'dataset', spaces: 'space' } as const;

/** The full hash of a commit. */
export const COMMIT = /^[0-9a-f]{40}$/;

/**
 * Parses an address, like Python's `HfFileSystem`. Slashes in a revision are written `%2F`, except
 * in `refs/pr/…` and `refs/convert/…`.
 *
 * @param where whose argument it is, for the error
 * @param revision a revision that was given separately; `main` if there is none
 * @throws SAE_OPTION for anything else.
 */
export function parseAddress(where: string, address: unknown, revision?: string): HubAddress {
  const parts = typeof address === 'string' ? ADDRESS.exec(address) : null;
  const refuse = (received: unknown = address, expected = `an address ${FORM}`) =>
    wrongOption(`${where}.address`, expected, received, 'Copy the names from the repository.');
  if (parts === null) throw refuse();
  const [, kind, owner = '', name = '', written, rest = ''] = parts;
  if (owner === 'buckets' || owner === 'kernels') {
    throw refuse(address, 'a model, a dataset or a space');
  }
  if (![owner, name].every((one) => NAME.test(one) && !/\.\.|--/.test(one))) throw refuse();
  const inAddress = written === undefined ? undefined : decoded(written);
  if (inAddress !== undefined && revision !== undefined && inAddress !== revision) {
    const expected = `one revision, @${inAddress} as in the address`;
    throw wrongOption(`${where}.revision`, expected, revision, 'Leave one of them out.');
  }
  const chosen = inAddress ?? revision ?? 'main';
  if (!isRevision(chosen)) throw refuse(chosen, 'a branch, a tag or a commit');
  const path = rest.replace(/\/+$/, '');
  if (path !== '' && !isPathInside(path)) throw refuse(path, 'a path in the repository');
  return {
    kind: KINDS[(kind ?? 'models') as keyof typeof KINDS],
    repo: `${owner}/${name}`,
    revision: chosen,
    path,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a % that stands for itself
  }
}

/**
 * Returns whether git accepts a revision, as far as it matters in an address and in the cache's
 * folders.
 */
const isRevision = (text: string) =>
  isPathInside(text) && text.length <= 256 && !/[\s~^:?*[]/.test(text);

/** Returns whether a path is relative and stays inside. */
export function isPathInside(path: string): boolean {
  if (path.length === 0 || path.length > 4096) return false;
  for (let i = 0; i < path.length; i++) if (path.charCodeAt(i) < 32) return false;
  // Windows treats a backslash as a slash, and a letter with a colon as a drive.
  return !/\\|^[a-z]:/i.test(path) && path.split('/').every((part) => !/^\.{0,2}$/.test(part));
}

/** Returns a place's address for errors, with a shortened commit. */
export function addressText({ kind, repo, revision, path }: HubAddress): string {
  const prefix = kind === 'model' ? '' : `${kind}s/`;
  const at = revision === 'main' ? '' : `@${revision.replaceAll('/', '%2F')}`;
  return `hf://${prefix}${repo}${at}${path && `/${path}`}`;
}

/** Joins two paths. */
export const joined = (folder: string, path: string): string =>
  folder === '' ? path : path === '' ? folder : `${folder}/${path}`;

/** Encodes a path for a web address. */
export const encodedPath = (path: string): string =>
  path.split('/').map(encodeURIComponent).join('/');
