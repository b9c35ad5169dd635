import type { Dirent } from 'node:fs';
import { fileRefused } from '../../errors';
import { nodeModule } from '../../nodeModule';
import { COMMIT, type HubAddress } from './address';

// Not imported: pages load this file, too, and have no cache.
const fs = nodeModule<typeof import('node:fs/promises')>('node:fs/promises');
const path = nodeModule<typeof import('node:path')>('node:path');

/**
 * The folder in which Python's `huggingface_hub` keeps a repository: bytes by their checksums in
 * `blobs/`, each commit's files as links to them in `snapshots/`, what branches and tags were last
 * in `refs/`.
 */
export class CacheFolder {
  readonly folder: string;
  readonly #fs: NonNullable<typeof fs>;
  readonly #path: NonNullable<typeof path>;

  private constructor(root: string, { kind, repo }: HubAddress, node: NonNullable<typeof fs>) {
    this.#fs = node;
    this.#path = path as NonNullable<typeof path>;
    this.folder = this.#path.join(root, [`${kind}s`, ...repo.split('/')].join('--'));
  }

  /** @returns undefined where nothing is to be kept, or there are no files. */
  static of(root: string | undefined, address: HubAddress): CacheFolder | undefined {
    return root === undefined || fs === undefined ? undefined : new CacheFolder(root, address, fs);
  }

  /** The folder of bytes, made where it is missing. */
  async blobs(): Promise<string> {
    const blobs = this.#path.join(this.folder, 'blobs');
    await this.#writing(blobs, () => this.#fs.mkdir(blobs, { recursive: true }));
    return blobs;
  }

  /** Where the bytes of this name are; undefined where they are not, or of another length. */
  async blob(etag: string, size: number): Promise<string | undefined> {
    const blob = this.#path.join(this.folder, 'blobs', etag);
    const info = await this.#fs.stat(blob).catch(() => undefined);
    return info?.isFile() && info.size === size ? blob : undefined;
  }

  /** Where a file of a commit is; undefined where it is not. */
  async find(commit: string, file: string): Promise<string | undefined> {
    const pointer = this.#pointer(commit, file);
    const info = await this.#fs.stat(pointer).catch(() => undefined);
    return info?.isFile() ? pointer : undefined;
  }

  /** The files of a commit that are there. */
  async files(commit: string): Promise<string[]> {
    const found: string[] = [];
    const visit = async (below: string): Promise<void> => {
      const folder = this.#pointer(commit, below);
      const entries: Dirent[] = await this.#fs
        .readdir(folder, { withFileTypes: true })
        .catch(() => []);
      for (const entry of entries) {
        const file = below === '' ? entry.name : `${below}/${entry.name}`;
        if (entry.isDirectory()) await visit(file);
        else if ((await this.find(commit, file)) !== undefined) found.push(file);
      }
    };
    await visit('');
    return found.sort();
  }

  /** The commit that a branch or tag was last. */
  async ref(revision: string): Promise<string | undefined> {
    if (COMMIT.test(revision)) return revision;
    const file = this.#path.join(this.folder, 'refs', ...revision.split('/'));
    const commit = (await this.#fs.readFile(file, 'utf8').catch(() => ''))?.trim();
    return COMMIT.test(commit) ? commit : undefined;
  }

  /** Notes what commit a branch or tag is. */
  async keepRef(revision: string, commit: string): Promise<void> {
    if (COMMIT.test(revision) || (await this.ref(revision)) === commit) return;
    const file = this.#path.join(this.folder, 'refs', ...revision.split('/'));
    await this.#writing(file, async () => {
      await this.#fs.mkdir(this.#path.dirname(file), { recursive: true });
      const temp = `${file}.${crypto.randomUUID().slice(0, 8)}.tmp`;
      await this.#fs.writeFile(temp, commit);
      await this.#fs.rename(temp, file);
    });
  }

  /**
   * Puts bytes that are in `blobs/` in their place in a commit.
   *
   * @returns where that is
   */
  async link(commit: string, file: string, etag: string): Promise<string> {
    const pointer = this.#pointer(commit, file);
    const folder = this.#path.dirname(pointer);
    const blob = this.#path.join(this.folder, 'blobs', etag);
    const temp = `${pointer}.${crypto.randomUUID().slice(0, 8)}.tmp`;
    await this.#writing(pointer, async () => {
      await this.#fs.mkdir(folder, { recursive: true });
      try {
        if (/^(1|on|yes|true)$/i.test(process.env['HF_HUB_DISABLE_SYMLINKS'] ?? '')) throw temp;
        await this.#fs.symlink(this.#path.relative(folder, blob), temp);
      } catch {
        // Windows lets only some people make links.
        await this.#fs.copyFile(blob, temp);
      }
      // Under another name first: somebody may be reading what is there, or linking the same.
      await this.#fs.rename(temp, pointer);
    });
    return pointer;
  }

  #pointer(commit: string, file: string): string {
    return this.#path.join(this.folder, 'snapshots', commit, ...file.split('/'));
  }

  async #writing<T>(file: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      throw fileRefused(file, "a folder for the hub's files that can be written", error);
    }
  }
}
