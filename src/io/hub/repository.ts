import { badFile, HubStatus, SAEError } from '../../errors';
import { nodeModule } from '../../nodeModule';
import { isCount, isObject } from '../../plainData';
import { addressText, COMMIT, encodedPath, type HubAddress, isPathInside, joined } from './address';
import { hubFetch, pageOf } from './hubFetch';
import { loadHub } from './load';
import { resumingFetch } from './resumingFetch';
import type { HubSettings } from './settings';

/** A file of a repository. */
export interface HubFile {
  /** Its path in the repository. */
  readonly path: string;
  readonly size: number;
  /** The name of its bytes in the cache: `sha256` for a large file, git's hash for a small one. */
  readonly etag: string;
  readonly checksum: 'sha256' | 'git';
}

/** The most files of a repository. */
const MOST_FILES = 1_000_000;

/** A repository at one commit: its files, their sizes and checksums. */
export class HubRepository {
  readonly #fetch: typeof fetch;
  #commit: Promise<string> | undefined;
  #files: Promise<ReadonlyMap<string, HubFile>> | undefined;

  constructor(
    private readonly address: HubAddress,
    private readonly settings: HubSettings,
    /** Returns the last known commit of the revision, for when the hub is unreachable. */
    private readonly lastKnown?: () => Promise<string | undefined>,
  ) {
    this.#fetch = hubFetch(settings, address);
  }

  /**
   * Returns the commit of the revision at the first call, which is kept for this object.
   *
   * @throws SAE_FILE
   */
  commit(): Promise<string> {
    this.#commit ??= this.#resolve().catch((error) => {
      this.#commit = undefined; // it may succeed another time
      throw error;
    });
    return this.#commit;
  }

  /**
   * Returns all files below the address's path, by their paths in the repository; listed once.
   *
   * @throws SAE_FILE
   */
  files(): Promise<ReadonlyMap<string, HubFile>> {
    this.#files ??= this.#list().catch((error) => {
      this.#files = undefined;
      throw error;
    });
    return this.#files;
  }

  /**
   * Returns one file; undefined if there is none.
   *
   * @throws SAE_FILE
   */
  async file(path: string): Promise<HubFile | undefined> {
    if (this.#files !== undefined) return (await this.files()).get(path);
    return this.#single(path);
  }

  /** Returns the address of a file's bytes. */
  async url(path: string): Promise<string> {
    const page = pageOf(this.settings.endpoint, this.address);
    return `${page}/resolve/${await this.commit()}/${encodedPath(path)}`;
  }

  /**
   * Returns a `fetch` for a file's bytes: it resumes lost connections, and requests no compression.
   */
  fileFetch(path: string): typeof fetch {
    const where = { ...this.address, path };
    const asked = hubFetch(this.settings, where);
    return resumingFetch(addressText(where), (input, init = {}) => {
      const headers = new Headers(init.headers);
      // Parts of compressed bytes could not be combined. A page may not set this header.
      if (nodeModule('node:fs')) headers.set('accept-encoding', 'identity');
      return asked(input, { ...init, headers });
    });
  }

  async #resolve(): Promise<string> {
    const { kind, repo: name, revision } = this.address;
    if (COMMIT.test(revision)) return revision;
    const { modelInfo, datasetInfo, spaceInfo } = await loadHub();
    const { endpoint: hubUrl } = this.settings;
    const asked = { name, revision, hubUrl, fetch: this.#fetch };
    const sha = await this.#answered(async (): Promise<unknown> => {
      // Each has its own type for the fields that can be requested.
      if (kind === 'model') return (await modelInfo({ ...asked, additionalFields: ['sha'] })).sha;
      if (kind === 'space') return (await spaceInfo({ ...asked, additionalFields: ['sha'] })).sha;
      return (await datasetInfo({ ...asked, additionalFields: ['sha'] })).sha;
    }).catch(async (error: unknown) => {
      const known = isUnreachable(error) ? await this.lastKnown?.() : undefined;
      if (known === undefined) throw error;
      return known;
    });
    if (typeof sha !== 'string' || !COMMIT.test(sha)) throw this.#odd('the name of a commit');
    return sha;
  }

  async #list(): Promise<ReadonlyMap<string, HubFile>> {
    const { listFiles } = await loadHub();
    const { path } = this.address;
    const params = { ...(await this.#params()), path: encodedPath(path), recursive: true };
    const files = new Map<string, HubFile>();
    await this.#answered(async () => {
      for await (const entry of listFiles(params)) {
        const file = this.#checked(entry);
        if (file !== undefined) files.set(file.path, file);
        if (files.size > MOST_FILES) throw this.#odd(`at most ${MOST_FILES} files`);
      }
    }).catch(async (error: unknown) => {
      // The hub lists only folders, but the address may be a single file.
      const status = ((error as SAEError).cause as HubStatus | undefined)?.status;
      const file = status === 404 && path !== '' ? await this.#single(path) : undefined;
      if (file === undefined) throw error;
      files.set(file.path, file);
    });
    return files;
  }

  async #single(path: string): Promise<HubFile | undefined> {
    const { pathsInfo } = await loadHub();
    const params = { ...(await this.#params()), paths: [path] };
    const found = await this.#answered(() => pathsInfo(params));
    return found.map((entry) => this.#checked(entry)).find((entry) => entry?.path === path);
  }

  async #params() {
    const { kind: type, repo: name } = this.address;
    const revision = await this.commit();
    return { repo: { type, name }, revision, hubUrl: this.settings.endpoint, fetch: this.#fetch };
  }

  /**
   * Runs code that reads responses: one that is not JSON, or of another form, is the server's
   * fault.
   */
  async #answered<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      if (error instanceof SAEError || this.settings.requestInit?.signal?.aborted) throw error;
      throw this.#odd('an answer of the hub', error);
    }
  }

  /** Checks an entry of a listing, which is untrusted; undefined for a folder. */
  #checked(entry: unknown): HubFile | undefined {
    if (!isObject(entry) || entry.type !== 'file') return undefined;
    const { path, oid } = entry;
    const lfs = isObject(entry.lfs) ? entry.lfs : undefined;
    const size = lfs?.size ?? entry.size;
    const etag = lfs?.oid ?? oid;
    const digits = lfs === undefined ? 40 : 64;
    const isHash = typeof etag === 'string' && /^[0-9a-f]+$/.test(etag) && etag.length === digits;
    if (typeof path !== 'string' || !isPathInside(path) || !isCount(size) || !isHash) {
      throw this.#odd('files with paths, sizes and checksums');
    }
    return { path, size, etag, checksum: lfs === undefined ? 'git' : 'sha256' };
  }

  #odd(expected: string, cause?: unknown): SAEError {
    const advice = 'Check HF_ENDPOINT, or try later.';
    return badFile(addressText(this.address), expected, 'something else', advice, cause);
  }

  /** Returns how errors refer to one of its files. */
  nameOf(path: string): string {
    return addressText({ ...this.address, path });
  }

  /** Returns a path below the address's own. */
  below(path: string): string {
    return joined(this.address.path, path);
  }
}

/** Returns whether the network, or a server in between, has failed repeatedly. */
const isUnreachable = (error: unknown): boolean =>
  error instanceof SAEError && error.cause !== undefined && !isRefusal(error.cause);

/** Returns whether it is the hub's own answer, rather than a server that is down. */
const isRefusal = (cause: unknown): boolean => cause instanceof HubStatus && cause.status < 500;
