import { badContent, badFile, namingFile } from '../../errors';
import { isObject } from '../../plainData';
import { type ByteSource, GET_AGAIN } from '../bytes/byteSource';
import type { Folder } from '../bytes/folder';
import type { DictionaryPlace } from './place';
import { openTensors, type TensorFile } from './tensorFile';
import type { Tensors } from './tensors';

/** The first bytes of a ZIP archive. */
const ZIP = [0x50, 0x4b, 0x03, 0x04];
/** Files of tensors directly in a folder. */
const TENSORS = /^[^/]+\.(safetensors|npz|pt|pth)$/i;
/** The longest configuration that is read. */
const MOST_JSON = 2 ** 22;

/** The files of a place, opened when they are requested, and closed together. */
export class DictionaryFiles {
  /** How errors refer to the place. */
  readonly name: string;
  /** The file that was requested, if it was a file. */
  readonly file: string | undefined;
  /** The name of the folder: `layers.5`; undefined if unknown. */
  readonly folderName: string | undefined;
  private readonly folder: Folder;
  private readonly outer: Folder | undefined;
  private readonly asked = new Set<string>();
  private readonly sources = new Map<string, Promise<ByteSource | undefined>>();
  private readonly jsons = new Map<string, Promise<Record<string, unknown> | undefined>>();
  private readonly opened = new Map<string, Promise<TensorFile>>();

  constructor({ folder, file, outer }: DictionaryPlace) {
    this.name = file === undefined ? folder.name : joinName(folder.name, file);
    this.folderName = outer?.name;
    this.outer = outer?.folder;
    this.folder = folder;
    this.file = file;
  }

  /** Forgets which files were requested; they stay open. */
  begin(): void {
    this.asked.clear();
  }

  /** Returns the files that were requested and exist. */
  async used(): Promise<ReadonlyMap<string, ByteSource>> {
    const used = new Map<string, ByteSource>();
    for (const path of this.asked) {
      const source = await this.source(path);
      if (source !== undefined) used.set(path, source);
    }
    return used;
  }

  /** Returns the bytes of a file; undefined if there is none. They are closed with all others. */
  source(path: string): Promise<ByteSource | undefined> {
    this.asked.add(path);
    return kept(this.sources, path, () => this.folder.open(path));
  }

  /** Returns whether there is such a file. */
  async has(path: string): Promise<boolean> {
    return (await this.source(path)) !== undefined;
  }

  /** Returns the paths of all files; undefined if they cannot be listed. */
  list(): Promise<readonly string[] | undefined> {
    return this.folder.files();
  }

  /**
   * Returns a file's JSON; undefined if there is no such file.
   *
   * @throws SAE_FILE if it does not hold an object.
   */
  json(path: string): Promise<Record<string, unknown> | undefined> {
    this.asked.add(path);
    return kept(this.jsons, path, async () => {
      const text = await this.text(path);
      return text === undefined
        ? undefined
        : namingFile(joinName(this.folder.name, path), () => parsed(text));
    });
  }

  /**
   * Returns the JSON of a file beside the folder, which was not requested: undefined if there is
   * none, or if it cannot be read or does not hold an object.
   */
  async jsonBeside(path: string): Promise<Record<string, unknown> | undefined> {
    const source = await this.outer?.open(path).catch(() => undefined);
    if (source === undefined) return undefined;
    try {
      return parsed(await textOf(source));
    } catch {
      return undefined;
    } finally {
      await source.close();
    }
  }

  /** Returns a file's text; undefined if there is no such file. */
  async text(path: string): Promise<string | undefined> {
    const source = await this.source(path);
    return source === undefined ? undefined : textOf(source);
  }

  /**
   * Returns the file with a format's weights: the requested one, unless that is a configuration;
   * otherwise the first of these names that exists, or the only file of tensors in the folder.
   *
   * @returns undefined if there is none.
   */
  async weights(...names: readonly string[]): Promise<string | undefined> {
    if (this.file !== undefined && !this.file.endsWith('.json')) return this.file;
    for (const name of names) {
      if (await this.has(name)) return name;
    }
    const all = ((await this.list()) ?? []).filter((path) => TENSORS.test(path));
    return all.length === 1 ? all[0] : undefined;
  }

  /**
   * Returns the tensors in a file, to be read on demand; undefined if there is no such file.
   *
   * @throws SAE_FILE if it holds no tensors.
   */
  async tensors(path: string): Promise<Tensors | undefined> {
    return (await this.tensorFile(path))?.tensors;
  }

  /**
   * Returns the contents of a file of tensors, including other values; undefined if there is no
   * such file.
   *
   * @throws SAE_FILE if it holds no tensors.
   */
  async tensorFile(path: string): Promise<TensorFile | undefined> {
    const source = await this.source(path);
    if (source === undefined) return undefined;
    return kept(this.opened, path, () => namingFile(source.name, () => openTensors(source)));
  }

  /** Returns whether a file is a ZIP archive with these members among others. */
  async holds(path: string, members: readonly string[]): Promise<boolean> {
    const source = await this.source(path);
    if (source === undefined || source.size < ZIP.length) return false;
    const start = await source.read(0, ZIP.length);
    if (!ZIP.every((byte, i) => byte === start[i])) return false;
    const { zipMembers } = await import('../zip/read');
    const names = await zipMembers(source).then(
      (all) => new Set(all.map(({ name }) => name)),
      () => new Set<string>(),
    );
    return members.every((name) => names.has(name));
  }

  /** Closes everything that was opened. */
  async close(): Promise<void> {
    const sources = await Promise.allSettled(this.sources.values());
    for (const source of sources) {
      if (source.status === 'fulfilled') await source.value?.close();
    }
  }
}

async function textOf(source: ByteSource): Promise<string> {
  if (source.size > MOST_JSON) {
    const received = `${source.size} bytes`;
    throw badFile(source.name, `a text of at most ${MOST_JSON} bytes`, received, GET_AGAIN);
  }
  return new TextDecoder().decode(await source.read(0, source.size));
}

function kept<T>(map: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

const joinName = (folder: string, file: string) =>
  folder === file ? file : `${folder.replace(/\/$/, '')}/${file}`;

function parsed(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw badContent('JSON', 'something else', GET_AGAIN, error);
  }
  if (!isObject(value)) throw badContent('an object in JSON', 'something else', GET_AGAIN);
  return value;
}
