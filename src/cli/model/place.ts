import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { badFile, fileRefused } from '../../errors';
import { addressName } from '../../io/bytes/webFile';
import { MODEL_JSON } from '../../io/files/names';
import { printable } from '../printable';

/**
 * How a model is stored: as a `.keras` archive, weights only, a tfjs folder, or another tool's
 * files.
 */
export type Format = 'keras' | 'weights' | 'folder' | 'dictionary';

/** Where a model is, or will be. */
export interface Place {
  readonly path: string;
  readonly format: Format;
}

/** Files of other tools. */
const OTHERS = /\.(safetensors|npz|pt|pth)$/i;

export const isAddress = (path: string): boolean => /^https?:/i.test(path);
const isOnHub = (path: string): boolean => /^hf:/i.test(path);

/** Returns a place's name for people: folders with a slash, addresses without their secrets. */
export function placeName({ path, format }: Place): string {
  if (isAddress(path)) return printable(addressName(path));
  const isFolder = format === 'folder' && basename(path) !== MODEL_JSON && !/[\\/]$/.test(path);
  return printable(isFolder ? `${path}/` : path);
}

/** Finds out what is at a place, from its content or otherwise from its name. */
export async function placeOf(path: string): Promise<Place> {
  const name = isAddress(path) ? addressName(path) : path;
  if (/\.h5$/i.test(name)) return { path, format: 'weights' };
  if (isOnHub(path) || OTHERS.test(name)) return { path, format: 'dictionary' };
  const there = isAddress(path) ? undefined : await stat(path).catch(() => undefined);
  if (there?.isDirectory() && (await isKerasFolder(path))) return { path, format: 'keras' };
  if (there?.isDirectory() && !(await holds(path, MODEL_JSON)) && !(await isEmpty(path))) {
    return { path, format: 'dictionary' };
  }
  const isFolder = there?.isDirectory() || /\.json$/i.test(name) || /[\\/]$/.test(path);
  return { path, format: isFolder ? 'folder' : 'keras' };
}

/** Returns whether a folder was saved by Keras with `zipped=False`, rather than by tfjs. */
async function isKerasFolder(path: string): Promise<boolean> {
  const isKeras =
    (await holds(path, 'model.weights.h5')) || (await holds(path, 'model.weights.json'));
  return isKeras && (await holds(path, 'config.json'));
}

const holds = (folder: string, name: string) =>
  stat(join(folder, name)).then(
    () => true,
    () => false,
  );

const isEmpty = async (folder: string) => (await readdir(folder)).length === 0;

/** Returns what to write, judging by the name only; undefined if it cannot be any of them. */
export function placeFor(path: string): Place | undefined {
  if (isAddress(path)) return undefined;
  if (isOnHub(path)) return { path, format: 'dictionary' };
  if (/\.keras$/i.test(path)) return { path, format: 'keras' };
  if (/\.weights\.h5$/i.test(path)) return { path, format: 'weights' };
  const isOther = /\.(h5|hdf5|json|zip)$/i.test(path) && basename(path) !== MODEL_JSON;
  return isOther ? undefined : { path, format: 'folder' };
}

/**
 * Throws, before anything is read, for a place that cannot be written, or where something is that
 * must not be replaced.
 *
 * @throws SAE_FILE
 */
export async function assertFree(place: Place, overwrite: boolean): Promise<void> {
  const name = placeName(place);
  if (place.format === 'folder') {
    const { path } = place;
    const there = await lookUp(path);
    const isModelJson = basename(path) === MODEL_JSON;
    if (there && !there.isDirectory() && !isModelJson) {
      throw badFile(name, 'a folder, or a place for one', 'a file', 'Choose another OUT.');
    }
    const holdsModel = there?.isDirectory() ? await lookUp(join(path, MODEL_JSON)) : there;
    if (holdsModel && !overwrite) {
      throw badFile(name, 'a folder without a model', 'a model', REPLACE);
    }
    return;
  }
  await assertFreeFile(place.path, overwrite, 'OUT');
}

/**
 * Throws for a path where no file can be written, or where one is that must not be replaced.
 *
 * @param option the option that gave it, for the advice
 * @throws SAE_FILE
 */
export async function assertFreeFile(
  path: string,
  overwrite: boolean,
  option: string,
): Promise<void> {
  const name = printable(path);
  const another = `Choose another ${option}`;
  const there = await lookUp(path);
  if (there?.isDirectory()) {
    throw badFile(name, 'a file, or nothing yet', 'a folder', `${another}.`);
  }
  if (there && !overwrite) {
    const advice = `${another}, or replace it by --overwrite.`;
    throw badFile(name, 'nothing there yet', 'a file', advice);
  }
  const folder = dirname(path);
  if (!there && !(await lookUp(folder))) {
    throw badFile(
      name,
      `the folder ${folder}`,
      'nothing there',
      `Make it, or choose another ${option}.`,
    );
  }
}

const REPLACE = 'Choose another OUT, or replace it by --overwrite.';

/**
 * Looks up a path; undefined if nothing is there. @throws SAE_FILE if that cannot be determined.
 */
export const lookUp = (path: string) =>
  stat(path).catch((error) => {
    if (error.code === 'ENOENT') return undefined;
    throw fileRefused(path, 'a path that can be looked up', error);
  });
