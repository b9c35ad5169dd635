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
  /** In the repository. */
  readonly path: string;
  readonly size: number;
  /** What the cache calls its bytes: `sha256` of a large file, git's name of a small one. */
  readonly etag: string;
  readonly checksum: 'sha256' | 'git';
}

/** More files than any repository may have. */
const MOST_FILES = 1_000_000;

/** A repository at one commit: its files, their sizes and checksums. */
export class HubRepository {
  readonly #fetch: typeof fetch;
  #commit: Promise<string> | undefined;
  #files: Promise<ReadonlyMap<string, HubFile>> | undefined;

  constructor(
    private readonly address: HubAddress,
    private readonly settings: HubSettings,
    /** What the revision was when it was last asked, for when the hub is out of reach. */
    private readonly lastKnown?: () => Promise<string | undefined>,
  ) {
    this.#fetch = hubFetch(settings, address);
  }

  /**
   * The commit that the revision was when this was first asked, and stays for this object.
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
   * All files below the address's path, by their paths in the repository; listed once.
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
   * One file; undefined where there is none.
   *
   * @throws SAE_FILE
   */
  async file(path: string): Promise<HubFile | undefined> {
    if (this.#files !== undefined) return (await this.files()).get(path);
    return this.#single(path);
  }

  /** Where a file's bytes are. */
  async url(path: string): Promise<string> {
    const page = pageOf(this.settings.endpoint, this.address);
    return `${page}/resolve/${await this.commit()}/${encodedPath(path)}`;
  }

  /** What asks for a file's bytes: through lost connections, and uncompressed. */
  fileFetch(path: string): typeof fetch {
    const where = { ...this.address, path };
    const asked = hubFetch(this.settings, where);
    return resumingFetch(addressText(where), (input, init = {}) => {
      const headers = new Headers(init.headers);
      // A part of compressed bytes could not be put beside the others. A page may not say so.
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
      // Each has a type of its own for the fields that can be asked for.
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
      // The hub lists folders only: what is one file is there all the same.
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

  /** Runs what reads answers: one that is no JSON, or of another form, is the server's fault. */
  async #answered<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      if (error instanceof SAEError || this.settings.requestInit?.signal?.aborted) throw error;
      throw this.#odd('an answer of the hub', error);
    }
  }

  /** An entry of a listing; undefined for a folder. It comes from a stranger. */
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

  /** What errors call a file of it. */
  nameOf(path: string): string {
    return addressText({ ...this.address, path });
  }

  /** A path below the address's own. */
  below(path: string): string {
    return joined(this.address.path, path);
  }
}

/** Whether the network, or a server in between, has let nothing through, several times. */
const isUnreachable = (error: unknown): boolean =>
  error instanceof SAEError && error.cause !== undefined && !isRefusal(error.cause);

/** Whether it is the hub's own answer, rather than a server that is down. */
const isRefusal = (cause: unknown): boolean => cause instanceof HubStatus && cause.status < 500;
