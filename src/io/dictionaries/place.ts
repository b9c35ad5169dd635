import { fileRefused, wrongOption } from '../../errors';
import { nodeModule } from '../../nodeModule';
import type { Folder } from '../bytes/folder';
import { localFolder } from '../bytes/localFolder';
import { type Openable, openSource } from '../bytes/source';
import type { RequestOptions } from '../bytes/webFile';
import { webFolder } from '../bytes/webFolder';
import type { ResolveSAEArgs } from '../hub/catalogue/resolveSAE';
import type { SAEEntry } from '../hub/catalogue/table';
import type { HubOptions } from '../hub/settings';

/**
 * What a dictionary is opened from: a folder or a file of it, by its path (in Node) or address; a file that
 * was chosen in a page, or its bytes; the files of a folder, as somebody has chosen them; a place on the
 * hub, `hf://owner/repo/path`; or a name of SAELens's catalogue, `{release, id}`.
 */
export type DictionarySource = Openable | ArrayLike<Blob> | ResolveSAEArgs;

/** A folder, and the file in it that was asked for, if it was one. */
export interface DictionaryPlace {
  readonly folder: Folder;
  readonly file?: string;
  /** What the catalogue has of it, where it was called by its name there. */
  readonly entry?: SAEEntry;
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
  options: HubOptions,
): Promise<DictionaryPlace> {
  if (isName(source)) {
    const { resolveSAE } = await import('../hub/catalogue/resolveSAE');
    const entry = await resolveSAE(source);
    return { ...(await onTheHub(entry.address, options)), entry };
  }
  const address = addressOf(source);
  if (address === undefined) return inMemory(source as InMemory);
  if (/^hf:/i.test(address)) return onTheHub(address, options);
  const fs = nodeModule<typeof import('node:fs/promises')>('node:fs/promises');
  const path = nodeModule<typeof import('node:path')>('node:path');
  if (/^(data|blob):/i.test(address)) return inMemory(source as InMemory);
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

type InMemory = Exclude<DictionarySource, string | ResolveSAEArgs>;

/** Whether it is a name of the catalogue. */
const isName = (source: unknown): source is ResolveSAEArgs =>
  kindOf(source) === '[object Object]' && 'release' in (source as object);

function addressOf(source: unknown): string | undefined {
  if (typeof source === 'string' && source !== '') return source;
  return kindOf(source) === '[object URL]' ? (source as URL).href : undefined;
}

const kindOf = (given: unknown): string => Object.prototype.toString.call(given);

function pathOf(address: string): string {
  if (!/^file:/i.test(address)) return address;
  return nodeModule<typeof import('node:url')>('node:url')?.fileURLToPath(address) ?? address;
}

/** A folder of a repository on the hub, or a file of one. What asks the hub is loaded when it is. */
async function onTheHub(address: string, options: HubOptions): Promise<DictionaryPlace> {
  const { hubFolder } = await import('../hub/hubFolder');
  const [, root = address, way = ''] = /^(hf:\/\/[^/]+\/[^/]+)\/?(.*)$/s.exec(address) ?? [];
  const parts = way.split('/').filter((part) => part !== '');
  const at = (folders: readonly string[]) => hubFolder([root, ...folders].join('/'), options);
  const file = FILE.test(parts.at(-1) ?? '') ? parts.pop() : undefined;
  const name = parts.at(-1) ?? root.slice(root.lastIndexOf('/') + 1);
  const outer = parts.length > 0 ? { folder: at(parts.slice(0, -1)), name } : undefined;
  return { folder: at(parts), ...(file && { file }), ...(outer && { outer }) };
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
function inMemory(source: InMemory): DictionaryPlace {
  const isOne =
    ArrayBuffer.isView(source) || /\[object (ArrayBuffer|Blob|File|String)\]/.test(kindOf(source));
  if (isOne) {
    const one = source as Openable;
    const name = (one as { name?: string }).name ?? 'bytes';
    const files = new Map([[name, one]]);
    return { folder: chosenFolder(name, files), file: name };
  }
  const length = (source as ArrayLike<Blob> | null)?.length;
  const isFile = (file: unknown) => /\[object (Blob|File)\]/.test(kindOf(file));
  const isList = typeof length === 'number' && length > 0;
  if (!isList || !Array.from(source as ArrayLike<unknown>).every(isFile)) {
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
