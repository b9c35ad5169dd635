import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RowsAbout } from '../../activations/rows';
import { badFile, fileRefused } from '../../errors';
import { openCsv } from '../../io/arrays/csv/read';
import { joinedArrays, type OpensArray } from '../../io/arrays/joined';
import { openNpz } from '../../io/arrays/npz';
import type { ArrayFile, RowArray } from '../../io/arrays/rowArray';
import { openSafetensorsArrays } from '../../io/arrays/safetensors';
import { withSource } from '../../io/bytes/source';
import { addressName } from '../../io/bytes/webFile';
import { openNpy } from '../../io/npy/read';
import { MANIFEST } from '../../stores/manifest';
import { manifestIn, openShards } from '../../stores/open';
import { placeOf } from '../../stores/place';
import { isAddress } from '../model/place';
import { IMAGE_FILE, openImages } from './images';

/** What DATA may need besides its path. */
export interface ArrayOptions {
  /** Names of arrays in files that have several, in the order of their rows. */
  readonly array?: readonly string[];
  /** The folders to look for packages from, nearest first. */
  readonly folders: readonly string[];
}

const ARRAY_FILE = /\.(npy|npz|safetensors|csv|tsv|txt)$/i;
/** The first bytes of a zip, as .npz files are. */
const ZIP = [0x50, 0x4b, 3, 4];
const FORMATS = '.npy, .npz, .safetensors and .csv files';

/**
 * Opens the rows at several paths, one after another.
 *
 * @param paths paths of `.npy`, `.npz`, `.safetensors` and `.csv` files, of folders of them, or of
 *   images
 * @returns the rows; the caller closes them.
 * @throws SAE_FILE if something is missing, damaged or of another kind; SAE_UNSUPPORTED for values
 *   that are not numbers; SAE_SHAPE for rows of different widths.
 */
export async function openArrays(
  paths: readonly string[],
  options: ArrayOptions,
): Promise<RowArray> {
  const openers: OpensArray[] = [];
  for (const path of paths) openers.push(...(await openersOf(path, options)));
  const [only] = openers as [OpensArray];
  return openers.length === 1 ? only() : joinedArrays(paths.join(', '), openers);
}

async function openersOf(path: string, options: ArrayOptions): Promise<OpensArray[]> {
  if (!isAddress(path) && (await isFolder(path))) return openersIn(path, options);
  return openersOfFile(path, options);
}

/** Returns what the rows come from, if all paths are stores that agree on it. */
export async function aboutOf(paths: readonly string[]): Promise<RowsAbout> {
  const said: RowsAbout[] = [];
  for (const path of paths) {
    const manifest = isAddress(path) ? undefined : await manifestIn(placeOf('DATA', path));
    said.push(manifest?.about ?? {});
  }
  const [first = {}] = said;
  return said.every((about) => JSON.stringify(about) === JSON.stringify(first)) ? first : {};
}

/**
 * Opens the origins of a store's rows, `[rows, 2]`; undefined if the path is not a store, or it has
 * no origins.
 *
 * @returns the array; the caller closes it.
 */
export async function openOrigins(path: string): Promise<RowArray | undefined> {
  const manifest = isAddress(path) ? undefined : await manifestIn(placeOf('DATA', path));
  if (!manifest?.hasOrigins) return undefined;
  const { shards } = await openShards(placeOf('DATA', path));
  return joinedArrays(
    path,
    shards.map((shard) => () => shard.openOrigins()),
  );
}

/** Opens a folder's files in the order of their names, where numbers count as such: 2 before 10. */
async function openersIn(folder: string, options: ArrayOptions): Promise<OpensArray[]> {
  const found = await readdir(folder).catch((error) => {
    throw fileRefused(folder, 'a folder that can be read', error);
  });
  if (found.includes(MANIFEST)) {
    const { shards } = await openShards(placeOf('DATA', folder));
    return shards.map((shard) => () => shard.openRows());
  }
  const names = found
    .filter((name) => !name.startsWith('.'))
    .sort(new Intl.Collator('en', { numeric: true }).compare);
  const arrays = names.filter((name) => ARRAY_FILE.test(name));
  const images = names.filter((name) => IMAGE_FILE.test(name));
  const expected = `${FORMATS}, or .png and .jpg images`;
  if (arrays.length === 0 && images.length === 0) {
    throw badFile(folder, `a folder with ${expected}`, 'none of them', 'Give another folder.');
  }
  if (arrays.length > 0 && images.length > 0) {
    const received = `both ${arrays[0]} and ${images[0]}`;
    throw badFile(folder, `a folder of ${expected}`, received, 'Move one kind elsewhere.');
  }
  if (images.length > 0) return [() => openImages(folder, images, options.folders)];
  const openers: OpensArray[] = [];
  for (const name of arrays) openers.push(...(await openersOfFile(join(folder, name), options)));
  return openers;
}

async function openersOfFile(path: string, options: ArrayOptions): Promise<OpensArray[]> {
  const name = isAddress(path) ? addressName(path) : path;
  if (IMAGE_FILE.test(name)) {
    throw badFile(name, 'a folder of images', 'one image', 'Give the folder that it is in.');
  }
  const kind = /\.(\w+)$/.exec(name)?.[1]?.toLowerCase() ?? '';
  if (kind === 'csv' || kind === 'tsv' || kind === 'txt') return [() => openCsv(path)];
  if (kind === 'safetensors') return openersAmong(() => openSafetensorsArrays(path), options);
  const isNpz = kind === 'npz' || (kind !== 'npy' && (await isZip(path)));
  return isNpz ? openersAmong(() => openNpz(path), options) : [() => openNpy(path)];
}

/**
 * Opens the arrays of a file that are rows: the named ones, or the only one with at least two axes.
 */
async function openersAmong(
  open: () => Promise<ArrayFile>,
  { array: wanted }: ArrayOptions,
): Promise<OpensArray[]> {
  const file = await open();
  try {
    return chosen(file, wanted).map((name) => () => arrayOf(open, name));
  } finally {
    await file.close();
  }
}

/** @throws SAE_FILE if it has no array of that name, or if it is unclear which one is meant. */
function chosen({ name, arrays }: ArrayFile, wanted: readonly string[] | undefined) {
  const list = (names: readonly string[]) =>
    names.map((one) => `${one} [${arrays.get(one)?.shape.join(', ')}]`).join(', ') || 'none';
  if (wanted !== undefined) {
    const absent = wanted.find((one) => !arrays.has(one));
    if (absent === undefined) return wanted;
    const all = list([...arrays.keys()].slice(0, 20));
    throw badFile(name, `an array ${JSON.stringify(absent)}`, all, 'Name one of these by --array.');
  }
  const rows = [...arrays.keys()].filter((one) => (arrays.get(one)?.shape.length ?? 0) > 1);
  if (rows.length === 1) return rows;
  const advice =
    rows.length === 0
      ? 'Save an array [rows, width].'
      : 'Name it by --array; by --array a,b rows of several follow one another.';
  throw badFile(name, 'one array of rows', list(rows.slice(0, 20)), advice);
}

/** Opens one array; closing it closes its file. */
async function arrayOf(open: () => Promise<ArrayFile>, name: string): Promise<RowArray> {
  const file = await open();
  try {
    const found = file.arrays.get(name);
    if (!found) throw badFile(file.name, `an array ${name}`, 'another file', 'Try again.');
    const array = await found.open();
    const close = async () => {
      await array.close();
      await file.close();
    };
    return { ...array, close };
  } catch (error) {
    await file.close();
    throw error;
  }
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (info) => info.isDirectory(),
    () => false, // opening it reports what is wrong
  );

const isZip = (path: string): Promise<boolean> =>
  withSource(path, async (source) => {
    const start = await source.read(0, Math.min(source.size, ZIP.length));
    return ZIP.every((byte, i) => start[i] === byte);
  });
