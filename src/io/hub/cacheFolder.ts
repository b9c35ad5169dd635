import type { Dirent } from 'node:fs';
import { fileRefused } from '../../errors';
import { nodeModule } from '../../nodeModule';
import { COMMIT, type HubAddress } from './address';

// Not imported, because pages load this file too, and have no cache.
const fs = nodeModule<typeof import('node:fs/promises')>('node:fs/promises');
const path = nodeModule<typeof import('node:path')>('node:path');

/**
 * The folder in which Python's `huggingface_hub` caches a repository: bytes by checksum in
 * `blobs/`, each commit's files as links to them in `snapshots/`, the latest commits of branches
 * and tags in `refs/`.
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

  /** @returns undefined if nothing should be cached, or there are no files. */
  static of(root: string | undefined, address: HubAddress): CacheFolder | undefined {
    return root === undefined || fs === undefined ? undefined : new CacheFolder(root, address, fs);
  }

  /** Returns the folder of bytes, created if needed. */
  async blobs(): Promise<string> {
    const blobs = this.#path.join(this.folder, 'blobs');
    await this.#writing(blobs, () => this.#fs.mkdir(blobs, { recursive: true }));
    return blobs;
  }

  /**
   * Returns the path of the bytes with this name; undefined if they are missing, or of another
   * length.
   */
  async blob(etag: string, size: number): Promise<string | undefined> {
    const blob = this.#path.join(this.folder, 'blobs', etag);
    const info = await this.#fs.stat(blob).catch(() => undefined);
    return info?.isFile() && info.size === size ? blob : undefined;
  }

  /** Returns the path of a commit's file; undefined if it is missing. */
  async find(commit: string, file: string): Promise<string | undefined> {
    const pointer = this.#pointer(commit, file);
    const info = await this.#fs.stat(pointer).catch(() => undefined);
    return info?.isFile() ? pointer : undefined;
  }

  /** Returns the files of a commit that are cached. */
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

  /** Returns the latest known commit of a branch or tag. */
  async ref(revision: string): Promise<string | undefined> {
    if (COMMIT.test(revision)) return revision;
    const file = this.#path.join(this.folder, 'refs', ...revision.split('/'));
    const commit = (await this.#fs.readFile(file, 'utf8').catch(() => ''))?.trim();
    return COMMIT.test(commit) ? commit : undefined;
  }

  /** Records the commit of a branch or tag. */
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
   * Links bytes in `blobs/` to their place in a commit.
   *
   * @returns the path of the link
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
        // Windows allows only some users to create links.
        await this.#fs.copyFile(blob, temp);
      }
      // Under another name first, because another process may be reading it, or creating the same
      // link.
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
