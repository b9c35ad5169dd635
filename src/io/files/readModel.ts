import { createHash } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { badFile, fileRefused, namingFile } from '../../errors';
import type { WeightGroup } from './manifest';
import { parseModelJson } from './modelJson';
import { MODEL_JSON } from './names';

/** Far above any real one, but still within the length of a string. */
const MAX_JSON_BYTES = 2 ** 28;
/** How often a model is read again because a save came in between. */
const ATTEMPTS = 5;
/** The longest buffer for weights. */
const PIECE_BYTES = 2 ** 30;
/** The number of bytes read at once. */
const CHUNK_BYTES = 2 ** 26;

/**
 * Reads a model from its folder, or from its model.json.
 *
 * @param warn called with a sentence if there is no checksum to compare the weights with
 * @throws SAE_FILE for a file that is missing, damaged, or not what it should be.
 */
export async function readModel(
  given: string,
  warn: (sentence: string) => void,
): Promise<tf.io.ModelArtifacts> {
  const place = await modelJsonIn(given);
  const { json, groups, sha256, weightData } = await readingAnew(place, (bytes) =>
    readWhole(place, bytes),
  );
  if (groups && !sha256) warn(`${place.file}: ${NO_CHECKSUM}`);
  const weights = groups?.flatMap((group) => group.weights);
  return tf.io.getModelArtifactsForJSON(json, async () => [
    weights as tf.io.WeightsManifestEntry[],
    weightData as tf.io.WeightData,
  ]);
}

const NO_CHECKSUM =
  'it has no checksum of its weights, so damage that leaves their length as it was is not seen. ' +
  'A model that is saved here has one.';

/** A model.json, and its name in errors. */
export interface ModelJsonPlace {
  readonly folder: string;
  readonly name: string;
  readonly file: string;
}

/**
 * Uses the content of a model.json, and repeats if it has changed meanwhile: a save may have
 * replaced the model, and removed the weights of the one that was read.
 */
export async function readingAnew<T>(
  place: ModelJsonPlace,
  use: (bytes: Buffer) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const bytes = await readJson(place);
    try {
      return await use(bytes);
    } catch (error) {
      if (attempt === ATTEMPTS || bytes.equals(await readJson(place))) throw error;
    }
  }
}

async function readWhole({ folder, file }: ModelJsonPlace, bytes: Buffer) {
  const parsed = namingFile(file, () => parseModelJson(bytes));
  const { groups, sha256 } = parsed;
  if (groups === undefined) return { ...parsed, weightData: undefined };
  const files = await weightFiles(folder, groups);
  if (sha256 === undefined) return { ...parsed, weightData: await readPieces(files) };
  const hash = createHash('sha256');
  const weightData = await readPieces(files, PIECE_BYTES, (chunk) => hash.update(chunk));
  if (hash.digest('hex') !== sha256) {
    const [first, ...more] = files;
    const where = first && more.length === 0 ? first.file : folder;
    const expected = `weights of the checksum in ${MODEL_JSON}`;
    throw badFile(where, expected, 'others, or damaged ones', COPY_AGAIN);
  }
  return { ...parsed, weightData };
}

/**
 * Returns the model.json for a path: the path itself, or the one in the folder.
 *
 * @throws SAE_FILE if there is none.
 */
export async function modelJsonIn(given: string): Promise<ModelJsonPlace> {
  const expected = `the folder of a tfjs layers model, or its ${MODEL_JSON}`;
  const info = await fs.stat(given).catch((error) => {
    throw fileRefused(given, expected, error);
  });
  if (info.isFile()) {
    return { folder: path.dirname(given), name: path.basename(given), file: given };
  }
  if (!info.isDirectory()) {
    throw badFile(given, expected, 'neither a file nor a folder', 'Give the path of either.');
  }
  const file = path.join(given, MODEL_JSON);
  const inside = await fs.stat(file).catch((error) => {
    if (error.code !== 'ENOENT') throw fileRefused(file, 'a file', error);
  });
  if (!inside?.isFile()) {
    const received = inside ? `a folder whose ${MODEL_JSON} is no file` : 'a folder without one';
    const advice = 'Give the folder that a tfjs model was saved to.';
    throw badFile(given, `a folder with a ${MODEL_JSON}`, received, advice);
  }
  return { folder: given, name: MODEL_JSON, file };
}

async function readJson({ folder, name }: ModelJsonPlace): Promise<Buffer> {
  const { file, size } = await fileIn(folder, name, 'a file');
  if (size > MAX_JSON_BYTES) {
    const expected = `a ${MODEL_JSON} of at most ${MAX_JSON_BYTES} bytes`;
    throw badFile(file, expected, `${size}`, 'Check that it is the right file.');
  }
  return fs.readFile(file).catch((error) => {
    throw fileRefused(file, 'a file that can be read', error);
  });
}

/**
 * Returns the files that a manifest lists, after checking their lengths.
 *
 * @throws SAE_FILE for one that is missing, elsewhere, or of another length.
 */
export async function weightFiles(
  folder: string,
  groups: readonly WeightGroup[],
): Promise<SizedFile[]> {
  const files: SizedFile[] = [];
  for (const { paths, bytes } of groups) {
    const own: SizedFile[] = [];
    for (const name of paths) {
      own.push(await fileIn(folder, name, `the weights that ${MODEL_JSON} names`));
    }
    const received = own.reduce((sum, { size }) => sum + size, 0);
    if (received !== bytes) {
      const [first, ...more] = own;
      const [where, what] =
        first && more.length === 0
          ? [first.file, 'weights']
          : [folder, `weights in ${own.length} files`];
      throw badFile(where, `${bytes} bytes of ${what}`, `${received}`, COPY_AGAIN);
    }
    files.push(...own);
  }
  return files;
}

/**
 * Reads files one after another: into one buffer, or into several of the longest safe length.
 *
 * @param onChunk called with what was read, in order
 * @throws SAE_FILE for a file that cannot be read, or that ends early.
 */
export async function readPieces(
  sources: readonly SizedFile[],
  pieceBytes = PIECE_BYTES,
  onChunk: (chunk: Uint8Array) => void = () => {},
): Promise<tf.io.WeightData> {
  const total = sources.reduce((sum, { size }) => sum + size, 0);
  const pieces: [ArrayBuffer, ...ArrayBuffer[]] = [new ArrayBuffer(Math.min(pieceBytes, total))];
  for (let start = pieceBytes; start < total; start += pieceBytes) {
    pieces.push(new ArrayBuffer(Math.min(pieceBytes, total - start)));
  }
  let at = 0;
  for (const { file, size } of sources) {
    const end = at + size;
    try {
      const handle = await fs.open(file);
      try {
        while (at < end) {
          const piece = pieces[Math.floor(at / pieceBytes)] as ArrayBuffer;
          const offset = at % pieceBytes;
          const length = Math.min(piece.byteLength - offset, end - at, CHUNK_BYTES);
          const { bytesRead } = await handle.read(new Uint8Array(piece, offset, length));
          if (bytesRead === 0) break;
          onChunk(new Uint8Array(piece, offset, bytesRead));
          at += bytesRead;
        }
      } finally {
        await handle.close();
      }
    } catch (error) {
      throw fileRefused(file, 'a file that can be read', error);
    }
    if (at < end) throw badFile(file, `${size} bytes`, `${size - (end - at)}`, COPY_AGAIN);
  }
  return pieces.length === 1 ? pieces[0] : pieces;
}

/** A file and its length. */
interface SizedFile {
  readonly file: string;
  readonly size: number;
}

/** What to do about files of a model that have changed. */
const COPY_AGAIN = 'Copy the whole folder again, or save the model again.';
const COPY_TARGET = 'Copy what it leads to into the folder, as cp -rL does.';

/**
 * Returns a file in a folder. The folder may be a link, but a link that leads out of it is not
 * followed, so a folder from an untrusted source cannot make it read anything else.
 *
 * @param name its path in the folder
 * @param expected what it should be, for the error
 * @throws SAE_FILE if it is missing, not a file, or elsewhere.
 */
async function fileIn(folder: string, name: string, expected: string): Promise<SizedFile> {
  const file = path.join(folder, name);
  const refused = (error: unknown): never => {
    throw fileRefused(file, expected, error);
  };
  const [home, target] = await Promise.all([fs.realpath(folder), fs.realpath(file)]).catch(refused);
  const inside = path.relative(home, target);
  if (inside.split(path.sep)[0] === '..' || path.isAbsolute(inside)) {
    throw badFile(file, expected, 'a link that leads out of the folder', COPY_TARGET);
  }
  const info = await fs.stat(file).catch(refused);
  if (!info.isFile()) throw badFile(file, expected, 'something else', COPY_AGAIN);
  return { file, size: info.size };
}
