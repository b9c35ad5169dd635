import { badFile, notInCache, type SAEError } from '../../errors';
import { nodeModule } from '../../nodeModule';
import type { ByteSource } from '../bytes/byteSource';
import { fileSource } from '../bytes/fileSource';
import type { Folder } from '../bytes/folder';
import { httpSource } from '../bytes/httpSource';
import { Progress } from '../bytes/progress';
import { WebFile } from '../bytes/webFile';
import { addressText, type HubAddress, isPathInside, parseAddress } from './address';
import { CacheFolder } from './cacheFolder';
import { cachedFile } from './download';
import { hubSource } from './hubSource';
import { type HubFile, HubRepository } from './repository';
import { type HubOptions, type HubSettings, hubSettings } from './settings';

/** A folder of a repository on the hub, at one commit. */
export interface HubFolder extends Folder {
  /**
   * Returns the commit of its revision at the time of the first request: all files come from that
   * commit.
   *
   * @throws SAE_FILE if the hub does not tell.
   */
  commit(): Promise<string>;
  /**
   * Returns the paths of its files, relative and with `/`; they are listed only once.
   *
   * @throws SAE_FILE if the hub does not list it.
   */
  files(): Promise<readonly string[]>;
}

/**
 * Opens a folder of a repository on the Hugging Face hub, or a whole repository.
 *
 * No request is made until a file is opened or the files are listed. For a large file only the
 * parts that are read are fetched; once more than an eighth of it has been requested, Node
 * downloads it completely, compares its checksum, and caches it where Python's `huggingface_hub`
 * does, so the two share downloads. Lost connections are resumed where they broke off. `HF_TOKEN`,
 * `HF_HOME`, `HF_HUB_CACHE`, `HF_ENDPOINT` and `HF_HUB_OFFLINE` work as in Python. The token is
 * sent to the hub only, never to a host that it redirects to.
 *
 * @param address `hf://owner/repo`, optionally with `@revision` and a path; likewise
 *   `hf://datasets/…` and `hf://spaces/…`
 * @param options `revision`, `main` by default; `token`; `cache`; `onProgress`; `requestInit` and
 *   `fetchFunc` as for every address
 * @returns the folder; it needs no cleanup, but the sources that it opens must be closed.
 * @throws SAE_OPTION for an invalid address or option. Its methods throw SAE_FILE for a repository,
 *   revision or file that does not exist or may not be read, a hub that does not answer, or bytes
 *   with a wrong checksum.
 * @example
 * ```ts
 * import { hubFolder } from 'gated-sae-tfjs';
 * const folder = hubFolder('hf://jbloom/GPT2-Small-SAEs-Reformatted/blocks.7.hook_resid_pre');
 * console.log(folder.name); // asks nothing yet: files(), open('cfg.json') and commit() do
 * ```
 */
export function hubFolder(address: string, options: HubOptions = {}): HubFolder {
  const settings = hubSettings('hubFolder', options);
  return folderAt(parseAddress('hubFolder', address, options.revision), settings);
}

/** Opens a folder, with options that were checked already. */
export function folderAt(place: HubAddress, settings: HubSettings): HubFolder {
  const cache = CacheFolder.of(settings.cache, place);
  const repository = new HubRepository(place, settings, async () => cache?.ref(place.revision));
  return settings.offline
    ? new OfflineFolder(place, repository, cache, settings)
    : new OnlineFolder(place, repository, cache, settings);
}

/** What online and offline folders have in common. */
abstract class AnyFolder implements HubFolder {
  readonly name: string;

  constructor(
    protected readonly place: HubAddress,
    protected readonly repository: HubRepository,
    protected readonly cache: CacheFolder | undefined,
    protected readonly settings: HubSettings,
  ) {
    this.name = addressText(place);
  }

  abstract commit(): Promise<string>;
  /** Returns paths in the repository. */
  protected abstract paths(): Promise<readonly string[]>;
  /** Fetches a file that is not in the cache. */
  protected abstract fetched(path: string): Promise<ByteSource | undefined>;

  async files(): Promise<readonly string[]> {
    const { path } = this.place;
    const start = path === '' ? 0 : path.length + 1;
    const inside = (await this.paths()).filter((one) => path === '' || one.startsWith(`${path}/`));
    return inside.map((one) => one.slice(start));
  }

  async open(path: string): Promise<ByteSource | undefined> {
    if (!isPathInside(path)) {
      const advice = 'Give it relative, with slashes, without "..".';
      throw badFile(this.name, 'the path of a file in it', JSON.stringify(path), advice);
    }
    const full = this.repository.below(path);
    return (await this.cached(full)) ?? this.fetched(full);
  }

  /** Opens a file that is in the cache, named by its address. */
  protected async cached(path: string): Promise<ByteSource | undefined> {
    const there = await this.cache?.find(await this.commit(), path);
    return there === undefined ? undefined : this.opened(path, there);
  }

  protected async opened(path: string, file: string): Promise<ByteSource> {
    const fs = nodeModule('node:fs/promises') as typeof import('node:fs/promises');
    const source = await fileSource(fs, file);
    return { ...source, name: this.repository.nameOf(path) };
  }
}

class OnlineFolder extends AnyFolder {
  commit(): Promise<string> {
    return this.repository.commit();
  }

  protected async paths(): Promise<readonly string[]> {
    return [...(await this.repository.files()).keys()];
  }

  protected async fetched(path: string): Promise<ByteSource | undefined> {
    const file = await this.repository.file(path);
    if (file === undefined) return undefined;
    const { cache } = this;
    const whole = cache && (() => this.#download(cache, file));
    return hubSource(this.repository.nameOf(path), file.size, () => this.#parts(file), whole);
  }

  async #download(cache: CacheFolder, file: HubFile): Promise<ByteSource> {
    await cache.keepRef(this.place.revision, await this.commit());
    const { onProgress } = this.settings;
    const tell = onProgress && ((fraction: number) => onProgress(fraction, file.path, file.size));
    return this.opened(file.path, await cachedFile(this.repository, cache, file, tell));
  }

  async #parts(file: HubFile): Promise<ByteSource> {
    const { onProgress } = this.settings;
    const { path, size } = file;
    const progress = new Progress(onProgress && ((share) => onProgress(share, path, size)));
    const fetchFunc = this.repository.fileFetch(file.path);
    const url = await this.repository.url(file.path);
    const source = await httpSource(new WebFile(url, { fetchFunc }, progress));
    if (source.size === file.size) return source;
    await source.close();
    const expected = `${file.size} bytes, as the hub lists it`;
    throw badFile(
      this.repository.nameOf(file.path),
      expected,
      `${source.size}`,
      'Try again later.',
    );
  }
}

/** A folder with `HF_HUB_OFFLINE`: only what is in the cache. */
class OfflineFolder extends AnyFolder {
  async commit(): Promise<string> {
    const commit = await this.cache?.ref(this.place.revision);
    if (commit === undefined) throw this.#missing(this.name);
    return commit;
  }

  protected async paths(): Promise<readonly string[]> {
    return (await this.cache?.files(await this.commit())) ?? [];
  }

  protected async fetched(path: string): Promise<undefined> {
    // In a folder that was downloaded, a file that is not cached is taken not to exist.
    if ((await this.files()).length > 0) return undefined;
    throw this.#missing(this.repository.nameOf(path));
  }

  #missing(name: string): SAEError {
    return notInCache(name, this.cache?.folder ?? 'no folder');
  }
}
