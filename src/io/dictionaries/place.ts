import { fileRefused, wrongOption } from '../../errors';
import { nodeModule } from '../../nodeModule';
import type { Folder } from '../bytes/folder';
import { localFolder } from '../bytes/localFolder';
import { type Openable, openSource } from '../bytes/source';
import type { RequestOptions } from '../bytes/webFile';
import { webFolder } from '../bytes/webFolder';

/**
 * What a dictionary is opened from: a folder or a file of it, by its path (in Node) or address; a file that
 * was chosen in a page, or its bytes; or the files of a folder, as somebody has chosen them.
 */
export type DictionarySource = Openable | ArrayLike<Blob>;

/** A folder, and the file in it that was asked for, if it was one. */
export interface DictionaryPlace {
  readonly folder: Folder;
  readonly file?: string;
  /** The folder that it is in, and its name there, where they are known. */
  readonly outer?: { readonly folder: Folder; readonly name: string };
}

/** Endings of files that dictionaries are in: an address without one of these is a folder's. */
const FILE = /\.(safetensors|npz|pt|pth|bin|keras|h5|json)$/i;

/**
 * Where a dictionary is.
 *
 * @throws SAE_FILE where nothing is there, SAE_OPTION for what is no place.
 */
export async function placeOf(
  source: DictionarySource,
  options: RequestOptions,
): Promise<DictionaryPlace> {
  const address = addressOf(source);
  if (address === undefined) return inMemory(source as Exclude<DictionarySource, string>);
  const fs = nodeModule<typeof import('node:fs/promises')>('node:fs/promises');
  const path = nodeModule<typeof import('node:path')>('node:path');
  if (/^(data|blob):/i.test(address)) return inMemory(source as Exclude<DictionarySource, string>);
  if (/^https?:/i.test(address) || fs === undefined || path === undefined) {
    return onTheWeb(new URL(address, globalThis.location?.href), options);
  }
  const place = pathOf(address);
  const info = await fs.stat(place).catch((error: unknown) => {
    throw fileRefused(place, 'a folder or a file that can be read', error);
  });
  const inside = info.isDirectory() ? place : path.dirname(place);
  const full = path.resolve(inside);
  const outer = { folder: localFolder(fs, path, path.dirname(full)), name: path.basename(full) };
  return {
    folder: localFolder(fs, path, inside),
    ...(info.isDirectory() ? {} : { file: path.basename(place) }),
    ...(outer.name === '' ? {} : { outer }),
  };
}

function addressOf(source: unknown): string | undefined {
  if (typeof source === 'string' && source !== '') return source;
  return kindOf(source) === '[object URL]' ? (source as URL).href : undefined;
}

const kindOf = (given: unknown): string => Object.prototype.toString.call(given);

function pathOf(address: string): string {
  if (!/^file:/i.test(address)) return address;
  return nodeModule<typeof import('node:url')>('node:url')?.fileURLToPath(address) ?? address;
}

function onTheWeb(url: URL, options: RequestOptions): DictionaryPlace {
  if (!FILE.test(url.pathname))
    return { folder: webFolder(url.href, options), ...outside(url, options) };
  const cut = url.pathname.lastIndexOf('/') + 1;
  const file = decoded(url.pathname.slice(cut));
  url.pathname = url.pathname.slice(0, cut);
  return { folder: webFolder(url.href, options), file, ...outside(url, options) };
}

/** The folder that one at an address is in, and its name there. */
function outside(folder: URL, options: RequestOptions): Pick<DictionaryPlace, 'outer'> {
  const way = folder.pathname.replace(/\/+$/, '');
  const cut = way.lastIndexOf('/') + 1;
  if (cut === 0) return {};
  const url = new URL(folder.href);
  url.pathname = way.slice(0, cut);
  return { outer: { folder: webFolder(url.href, options), name: decoded(way.slice(cut)) } };
}

/** A name in an address as it reads; as it stands where it is no encoded text. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** Files that have been chosen, or one file, or bytes. */
function inMemory(source: Exclude<DictionarySource, string>): DictionaryPlace {
  const isOne =
    ArrayBuffer.isView(source) || /\[object (ArrayBuffer|Blob|File|String)\]/.test(kindOf(source));
  if (isOne) {
    const one = source as Openable;
    const name = (one as { name?: string }).name ?? 'bytes';
    const files = new Map([[name, one]]);
    return { folder: chosenFolder(name, files), file: name };
  }
  const length = (source as ArrayLike<Blob> | null)?.length;
  if (typeof length !== 'number' || length === 0) {
    throw wrongOption('loadSAE', 'a folder, a file, an address, a Blob or bytes', source);
  }
  const files = new Map(
    Array.from(source as ArrayLike<File>, (file) => [insidePath(file), file as Openable]),
  );
  return { folder: chosenFolder('chosen files', files) };
}

/** A file's path in the folder that was chosen. */
function insidePath(file: File): string {
  const way = file.webkitRelativePath;
  return way ? way.slice(way.indexOf('/') + 1) : file.name;
}

function chosenFolder(name: string, files: ReadonlyMap<string, Openable>): Folder {
  return {
    name,
    files: async () => [...files.keys()].sort(),
    open: async (path) => {
      const file = files.get(path);
      return file === undefined ? undefined : openSource(file);
    },
  };
}
