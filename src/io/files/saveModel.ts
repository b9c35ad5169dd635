import { createHash, type Hash } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { badFile, fileRefused, namingFile, SAEError } from '../../errors';
import { putInPlace, removeQuietly, type TempFile, writeTemp } from './atomicWrite';
import { ownWeightsIn, recordOf, removeLeftovers } from './leftovers';
import { makeFolder } from './makeFolder';
import { checkModelJson, modelJsonOf } from './modelJson';
import { MODEL_JSON, weightsName } from './names';

/** How much is taken into the checksum at once. */
const CHUNK_BYTES = 2 ** 26;

/** The last save that was called for. */
let last: Promise<void> = Promise.resolve();

/**
 * Saves a model into a folder, in such an order that the one before it stays whole until the new
 * one is.
 *
 * @param given The folder, which is made where there is none, or the model.json in it.
 * @throws SAE_FILE where it cannot be written, or for a model that could not be loaded again.
 */
export async function saveModel(
  given: string,
  artifacts: tf.io.ModelArtifacts,
): Promise<tf.io.SaveResult> {
  // One at a time, in the order of the calls: of two into one folder, the later one stays.
  const save = last.then(() => replaceModel(given, artifacts));
  last = save.catch(() => {});
  await save;
  return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
}

async function madeFolder(given: string): Promise<string> {
  const isFolder = async () => (await fs.stat(given)).isDirectory();
  const named = path.basename(given) === MODEL_JSON && !(await isFolder().catch(() => false));
  const folder = named ? path.dirname(given) : given;
  await makeFolder(folder);
  return folder;
}

async function replaceModel(given: string, artifacts: tf.io.ModelArtifacts): Promise<void> {
  const folder = await madeFolder(given);
  const file = path.join(folder, MODEL_JSON);
  // A link is replaced, wherever it leads.
  if ((await fs.lstat(file).catch(() => undefined))?.isDirectory()) {
    throw badFile(file, 'a file, or nothing yet', 'a folder', 'Choose another path.');
  }
  const waiting = new Set<TempFile>();
  try {
    const weights = await writeWeights(folder, artifacts);
    if (weights) waiting.add(weights.temp);
    const json = modelJsonOf(artifacts, weights?.manifest, weights?.sha256);
    const { groups = [] } = namingFile(file, () => checkModelJson(json));
    const expected = groups.reduce((sum, { bytes }) => sum + bytes, 0);
    const received = weights?.temp.bytes ?? 0;
    if (received !== expected) {
      const advice = 'Give weightData and weightSpecs of the same model.';
      throw badFile(file, `${expected} bytes of weights`, `${received}`, advice);
    }
    const jsonTemp = await writeTemp(folder, 'json', jsonChunks(json));
    waiting.add(jsonTemp);
    if (weights) {
      // From here on jsonTemp says what is to be removed, should this save be cut off.
      waiting.clear();
      await putInPlace(weights.temp, path.join(folder, weights.name));
    }
    const old = (await ownWeightsIn(file)) ?? [];
    // Another process may save over this model at once, and then nobody else would remove these.
    if (weights) old.push(weights.name);
    const toRemove = await writeTemp(folder, 'record', jsonChunks(recordOf(old)));
    waiting.add(toRemove);
    await putInPlace(jsonTemp, file);
    // The model is saved; a file too many is no reason to say that it is not.
    await removeLeftovers(file, old, toRemove.path).catch(() => {});
  } catch (error) {
    for (const { path: temp } of waiting) await removeQuietly(temp);
    if (error instanceof SAEError) throw error;
    throw fileRefused(folder, 'a folder that can be written', error);
  }
}

/** The weights on the disk, and the name that they are to have. */
async function writeWeights(folder: string, artifacts: tf.io.ModelArtifacts) {
  const { weightData, weightSpecs = [] } = artifacts;
  if (weightData == null) return undefined;
  const hash = createHash('sha256');
  const temp = await writeTemp(folder, 'weights', counted(chunksOf(weightData), hash));
  const sha256 = hash.digest('hex');
  // A first save is named by content, so that equal models give equal folders. After it each has
  // a name of its own: one that was there before, another process may be about to remove.
  const plain = weightsName(sha256, false);
  const unique = (await exists(folder, MODEL_JSON)) || (await exists(folder, plain));
  const name = unique ? weightsName(sha256, true) : plain;
  return { temp, sha256, name, manifest: [{ paths: [name], weights: weightSpecs }] };
}

const exists = (folder: string, name: string) =>
  fs.access(path.join(folder, name)).then(
    () => true,
    () => false,
  );

const jsonChunks = (json: object) => [Buffer.from(JSON.stringify(json))];

/** The same chunks, each taken into a checksum. */
function* counted(chunks: Iterable<Uint8Array>, hash: Hash): Iterable<Uint8Array> {
  for (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

function* chunksOf(data: tf.io.WeightData): Iterable<Uint8Array> {
  for (const buffer of Array.isArray(data) ? data : [data]) {
    for (let at = 0; at < buffer.byteLength; at += CHUNK_BYTES) {
      yield new Uint8Array(buffer, at, Math.min(CHUNK_BYTES, buffer.byteLength - at));
    }
  }
}
