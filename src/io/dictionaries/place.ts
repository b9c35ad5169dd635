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
 * A source of a dictionary: its folder or a file of it, by path (in Node) or address; a file that
 * was chosen in a page, or its bytes; the files of a folder that the user chose; a place on the
 * hub, `hf://owner/repo/path`; or an entry of SAELens's catalogue, `{release, id}`.
 */
export type DictionarySource = Openable | ArrayLike<Blob> | ResolveSAEArgs;

/** A folder, and the file in it that was requested, if any. */
export interface DictionaryPlace {
  readonly folder: Folder;
  readonly file?: string;
  /** Its catalogue entry, if it was requested by its name there. */
  readonly entry?: SAEEntry;
  /** The parent folder, and its name there, if they are known. */
  readonly outer?: { readonly folder: Folder; readonly name: string };
}

/** Endings of dictionary files: an address without one of these is that of a folder. */
const FILE = /\.(safetensors|npz|pt|pth|bin|keras|h5|json)$/i;

/**
 * Finds where a dictionary is.
 *
 * @throws SAE_FILE if nothing is there, SAE_OPTION if it is not a place.
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

/** Returns whether the source is a name in the catalogue. */
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

/**
 * Opens a folder of a repository on the hub, or a file of one. The code that talks to the hub is
 * loaded only then.
 */
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

/** Returns the parent of a folder at an address, and the folder's name in it. */
function outside(folder: URL, options: RequestOptions): Pick<DictionaryPlace, 'outer'> {
  const way = folder.pathname.replace(/\/+$/, '');
  const cut = way.lastIndexOf('/') + 1;
  if (cut === 0) return {};
  const url = new URL(folder.href);
  url.pathname = way.slice(0, cut);
  return { outer: { folder: webFolder(url.href, options), name: decoded(way.slice(cut)) } };
}

/** Decodes a name from an address; returns it unchanged if it is not encoded text. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** Opens files that were chosen, one file, or bytes. */
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

/** Returns a file's path in the chosen folder. */
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
