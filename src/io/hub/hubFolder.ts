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
   * The commit that its revision was when it was first asked: all files come from that one.
   *
   * @throws SAE_FILE where the hub does not tell.
   */
  commit(): Promise<string>;
  /**
   * Paths of its files, relative and with `/`, listed once.
   *
   * @throws SAE_FILE where the hub does not list it.
   */
  files(): Promise<readonly string[]>;
}

/**
 * A folder of a repository on the Hugging Face hub, or all of one.
 *
 * Nothing is asked of the hub before a file is opened or the files are listed. Of a large file those
 * parts are fetched that are read; once more than an eighth of it has been asked for, Node downloads
 * it whole, compares its checksum, and keeps it where Python's `huggingface_hub` does: what one has
 * downloaded the other finds. Lost connections are taken up again where they broke off.
 * `HF_TOKEN`, `HF_HOME`, `HF_HUB_CACHE`, `HF_ENDPOINT` and `HF_HUB_OFFLINE` mean what they mean in
 * Python. The token goes to the hub alone, and to nobody that it passes a request on to.
 *
 * @param address `hf://owner/repo`, with `@revision` and a path in it where they are given;
 * `hf://datasets/…` and `hf://spaces/…` likewise
 * @param options `revision`, `main` by default; `token`; `cache`; `onProgress`; `requestInit` and
 * `fetchFunc` as for every address
 * @returns the folder; it holds nothing that must be given back, but the sources that it opens do.
 * @throws SAE_OPTION for an address or option of another form. Its methods throw SAE_FILE: a
 * repository, revision or file that is not there or may not be read, a hub that does not answer,
 * bytes with another checksum.
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

/** The same of what has been checked. */
export function folderAt(place: HubAddress, settings: HubSettings): HubFolder {
  const cache = CacheFolder.of(settings.cache, place);
  const repository = new HubRepository(place, settings, async () => cache?.ref(place.revision));
  return settings.offline
    ? new OfflineFolder(place, repository, cache, settings)
    : new OnlineFolder(place, repository, cache, settings);
}

/** What both do alike. */
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
  /** Paths in the repository. */
  protected abstract paths(): Promise<readonly string[]>;
  /** A file that is not in the cache. */
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

  /** A file that is in the cache, under its address's name. */
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

/** With `HF_HUB_OFFLINE`: what is in the cache. */
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
    // Of a folder that has been downloaded, a file that is not there is taken for one that is none.
    if ((await this.files()).length > 0) return undefined;
    throw this.#missing(this.repository.nameOf(path));
  }

  #missing(name: string): SAEError {
    return notInCache(name, this.cache?.folder ?? 'no folder');
  }
}
