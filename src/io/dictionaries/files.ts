import { badContent, badFile, namingFile } from '../../errors';
import { isObject } from '../../plainData';
import { type ByteSource, GET_AGAIN } from '../bytes/byteSource';
import type { Folder } from '../bytes/folder';
import type { DictionaryPlace } from './place';
import { openTensors, type TensorFile } from './tensorFile';
import type { Tensors } from './tensors';

/** What a ZIP archive begins with. */
const ZIP = [0x50, 0x4b, 0x03, 0x04];
/** Files of tensors in a folder itself. */
const TENSORS = /^[^/]+\.(safetensors|npz|pt|pth)$/i;
/** The longest configuration that is read. */
const MOST_JSON = 2 ** 22;

/** The files of a place, opened as they are asked for, and closed together. */
export class DictionaryFiles {
  /** What errors call the place. */
  readonly name: string;
  /** The file that was asked for, if it was one. */
  readonly file: string | undefined;
  /** What the folder is called where it stands: `layers.5`; undefined where that is not known. */
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

  /** Forgets which files were asked for; they stay open. */
  begin(): void {
    this.asked.clear();
  }

  /** The files that were asked for and are there. */
  async used(): Promise<ReadonlyMap<string, ByteSource>> {
    const used = new Map<string, ByteSource>();
    for (const path of this.asked) {
      const source = await this.source(path);
      if (source !== undefined) used.set(path, source);
    }
    return used;
  }

  /** The bytes of a file; undefined where there is none. They are closed with all others. */
  source(path: string): Promise<ByteSource | undefined> {
    this.asked.add(path);
    return kept(this.sources, path, () => this.folder.open(path));
  }

  /** Whether there is such a file. */
  async has(path: string): Promise<boolean> {
    return (await this.source(path)) !== undefined;
  }

  /** The paths of all files; undefined where they cannot be listed. */
  list(): Promise<readonly string[] | undefined> {
    return this.folder.files();
  }

  /**
   * A file's JSON; undefined where there is no such file.
   *
   * @throws SAE_FILE for one that holds no object.
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
   * The JSON of a file beside the folder, which nobody has asked for: undefined where there is none, and
   * where it cannot be read or holds no object.
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

  /** A file's text; undefined where there is no such file. */
  async text(path: string): Promise<string | undefined> {
    const source = await this.source(path);
    return source === undefined ? undefined : textOf(source);
  }

  /**
   * The file that a format has its weights in: the one that was asked for, unless that is a configuration;
   * else the first of these names that is there, or the only file of tensors in the folder.
   *
   * @returns undefined where there is none.
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
   * The tensors in a file, of which no value has been read; undefined where there is no such file.
   *
   * @throws SAE_FILE for one that holds no tensors.
   */
  async tensors(path: string): Promise<Tensors | undefined> {
    return (await this.tensorFile(path))?.tensors;
  }

  /**
   * What a file of tensors holds, with what it says beside them; undefined where there is no such file.
   *
   * @throws SAE_FILE for one that holds no tensors.
   */
  async tensorFile(path: string): Promise<TensorFile | undefined> {
    const source = await this.source(path);
    if (source === undefined) return undefined;
    return kept(this.opened, path, () => namingFile(source.name, () => openTensors(source)));
  }

  /** Whether a file is a ZIP archive that has these members among some more. */
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

  /** Lets go of all that was opened. */
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
