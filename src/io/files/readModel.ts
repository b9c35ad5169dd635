import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { badFile, fileRefused } from '../../errors';
import type { WeightGroup } from './manifest';
import { parseModelJson } from './modelJson';
import { MODEL_JSON } from './names';

/** Far above any real one, and still a length that a string can have. */
const MAX_JSON_BYTES = 2 ** 28;
/** How often a model is read anew because a save has come between. */
const ATTEMPTS = 5;
/** The longest buffer that weights are put into. */
const PIECE_BYTES = 2 ** 30;
/** How much is read at once. */
const CHUNK_BYTES = 2 ** 26;

const COPY_AGAIN = 'Copy the whole folder again, or save the model again.';

/**
 * Reads a model from its folder, or from its model.json.
 *
 * @throws SAE_FILE for a file that is missing, damaged, or not what it should be.
 */
export async function readModel(given: string): Promise<tf.io.ModelArtifacts> {
  const file = await modelJsonIn(given);
  for (let attempt = 1; ; attempt++) {
    const bytes = await readJson(file);
    try {
      const { json, groups } = parseModelJson(file, bytes);
      return await tf.io.getModelArtifactsForJSON(json, () =>
        readWeights(path.dirname(file), groups as WeightGroup[]),
      );
    } catch (error) {
      // A save may have put another model here, and removed the weights of the one that was read.
      if (attempt === ATTEMPTS || bytes.equals(await readJson(file))) throw error;
    }
  }
}

async function modelJsonIn(given: string): Promise<string> {
  const expected = `the folder of a tfjs layers model, or its ${MODEL_JSON}`;
  const info = await fs.stat(given).catch((error) => {
    throw fileRefused(given, expected, error);
  });
  if (info.isFile()) return given;
  if (!info.isDirectory()) {
    throw badFile(given, expected, 'neither a file nor a folder', 'Check the path.');
  }
  const file = path.join(given, MODEL_JSON);
  const inside = await fs.stat(file).catch((error) => {
    if (error.code !== 'ENOENT') throw fileRefused(file, 'a file', error);
  });
  if (!inside?.isFile()) {
    const received = inside ? `a folder whose ${MODEL_JSON} is no file` : 'a folder without one';
    throw badFile(given, `a folder with a ${MODEL_JSON}`, received, 'Check the path.');
  }
  return file;
}

async function readJson(file: string): Promise<Buffer> {
  const { size } = await fs.stat(file).catch((error) => {
    throw fileRefused(file, 'a file', error);
  });
  if (size > MAX_JSON_BYTES) {
    const expected = `a ${MODEL_JSON} of at most ${MAX_JSON_BYTES} bytes`;
    throw badFile(file, expected, `${size}`, 'Check that it is the right file.');
  }
  return fs.readFile(file).catch((error) => {
    throw fileRefused(file, 'a file that can be read', error);
  });
}

/** What a manifest lists, and its bytes: their lengths are compared before anything is read. */
async function readWeights(
  folder: string,
  groups: readonly WeightGroup[],
): Promise<[tf.io.WeightsManifestEntry[], tf.io.WeightData]> {
  const sources: WeightFile[] = [];
  for (const { paths, bytes } of groups) {
    const own: WeightFile[] = [];
    for (const name of paths) own.push(await weightFile(path.join(folder, name)));
    const received = own.reduce((sum, { size }) => sum + size, 0);
    if (received !== bytes) {
      const [first, ...more] = own;
      const [where, files] =
        first && more.length === 0
          ? [first.file, 'weights']
          : [folder, `weights in ${own.length} files`];
      throw badFile(where, `${bytes} bytes of ${files}`, `${received}`, COPY_AGAIN);
    }
    sources.push(...own);
  }
  return [groups.flatMap(({ weights }) => weights), await readPieces(sources)];
}

/** A file and its length. */
export interface WeightFile {
  readonly file: string;
  readonly size: number;
}

async function weightFile(file: string): Promise<WeightFile> {
  const info = await fs.stat(file).catch((error) => {
    throw fileRefused(file, `the weights that ${MODEL_JSON} names`, error);
  });
  if (!info.isFile()) {
    throw badFile(file, `the weights that ${MODEL_JSON} names`, 'something else', COPY_AGAIN);
  }
  return { file, size: info.size };
}

/**
 * Files one after another: in one buffer, or in several that are each as long as a buffer can
 * safely be.
 *
 * @throws SAE_FILE for a file that cannot be read, or that ends early.
 */
export async function readPieces(
  sources: readonly WeightFile[],
  pieceBytes = PIECE_BYTES,
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
