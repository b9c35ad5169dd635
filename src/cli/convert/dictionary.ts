import { badFile, unknownFormat } from '../../errors';
import { sizeOf } from '../../io/bytes/storedTensor';
import type { FloatDtype } from '../../io/bytes/values';
import type { Dictionary } from '../../io/dictionaries/dictionary';
import type { DictionaryFiles } from '../../io/dictionaries/files';
import type { DictionaryFile } from '../../io/dictionaries/format';
import { FORMATS } from '../../io/dictionaries/formats';
import { withDictionary } from '../../io/dictionaries/load';
import { publishFiles } from '../../io/dictionaries/publish';
import { writeFiles, writtenFormat } from '../../io/dictionaries/save';
import { saveAt } from '../../io/files/saveFile';
import { useAnyBackend } from '../backend';
import { type DictionaryOptions, opening } from '../model/options';
import { assertFreeFile, lookUp, type Place, placeName } from '../model/place';
import { printable } from '../printable';
import { some } from '../wording';
import { assertFreeOnHub, type CreateRepo } from './hub';

/** A conversion between formats of the field. */
export interface DictionaryConversion extends DictionaryOptions {
  from: string;
  to: Place;
  /** The format to write. */
  format: string;
  /** The type of its weights; unchanged, or float32, if omitted. */
  dtype?: FloatDtype;
  overwrite: boolean;
  /** For a place on the hub. */
  createRepo?: CreateRepo;
}

/** The names of the formats that can be written. */
export const WRITTEN_FORMATS: readonly string[] = FORMATS.filter(({ write }) => write).map(
  ({ name }) => name,
);

const warn = (sentence: string) => process.stderr.write(`warning: ${printable(sentence)}\n`);

/**
 * Converts a dictionary, and prints the result. If the format and the weights' type stay the same,
 * its files are copied byte for byte.
 *
 * @param folders the folders to look for packages from, nearest first
 * @throws SAEError if something is missing or wrong; nothing was written then.
 */
export async function convertDictionary(
  { from, to, format, dtype, overwrite, createRepo, ...options }: DictionaryConversion,
  folders: readonly string[],
): Promise<void> {
  if (!WRITTEN_FORMATS.includes(format)) throw unknownFormat('--format', format, WRITTEN_FORMATS);
  await assertFreeFor(to, overwrite, createRepo);
  await useAnyBackend(folders, warn);
  const said = await opening(options, (args) =>
    withDictionary('convert', from, args, warn, async (dictionary, { name }, files) => {
      const isCopy = name === format && dtype === undefined;
      const written = isCopy
        ? await copied(files)
        : await writtenFormat('convert', format).write(dictionary, dtype ?? 'float32');
      const page = await write(to, dictionary, written, createRepo);
      const what = isCopy ? `${format}, byte for byte` : `${name} → ${format}`;
      const line = `${printable(files.name)} → ${placeName(to)}: ${told(dictionary)}, ${what}`;
      return page === undefined ? line : `${line}\n${printable(page)}`;
    }),
  );
  process.stdout.write(`${said}\n`);
}

/** Writes the files of a dictionary; returns the page of what is now on the hub. */
async function write(
  { path, format }: Place,
  dictionary: Dictionary,
  files: readonly DictionaryFile[],
  createRepo: CreateRepo | undefined,
): Promise<string | undefined> {
  if (format === 'dictionary') {
    const { url } = await publishFiles(path, dictionary, files, {
      ...(createRepo && { createRepo }),
    });
    return url;
  }
  const [only, ...more] = files;
  if (format !== 'folder' && only && more.length === 0) await saveAt(path, only.pieces);
  else await writeFiles(path, files);
  return undefined;
}

/** @throws SAE_FILE if something is there that must not be replaced. */
async function assertFreeFor(
  to: Place,
  overwrite: boolean,
  createRepo: CreateRepo | undefined,
): Promise<void> {
  if (to.format === 'dictionary') return assertFreeOnHub(to.path, overwrite, createRepo);
  if (to.format !== 'folder') return assertFreeFile(to.path, overwrite, 'OUT');
  const there = await lookUp(to.path);
  const advice = 'Choose another OUT, or replace it by --overwrite.';
  if (there && !there.isDirectory()) {
    throw badFile(placeName(to), 'a folder, or a place for one', 'a file', advice);
  }
  if (!there || overwrite) return;
  const { readdir } = await import('node:fs/promises');
  const files = await readdir(to.path);
  if (files.length > 0) throw badFile(placeName(to), 'an empty folder', 'one with files', advice);
}

/** Returns the files that hold a dictionary, unchanged. */
async function copied(files: DictionaryFiles): Promise<DictionaryFile[]> {
  const used = [...(await files.used())];
  return Promise.all(
    used.map(async ([path, source]) => ({ path, pieces: [await source.read(0, source.size)] })),
  );
}

function told({ architecture, weights }: Dictionary): string {
  const all = Object.values(weights);
  const values = all.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return `${architecture}, ${some(all.length, 'weight')}, ${some(values, 'value')}`;
}
