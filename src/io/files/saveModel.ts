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

/** The number of bytes added to the checksum at once. */
const CHUNK_BYTES = 2 ** 26;

/** The last requested save. */
let last: Promise<void> = Promise.resolve();

/**
 * Saves a model into a folder, in an order that keeps the previous one complete until the new one
 * is.
 *
 * @param given the folder, which is created if needed, or the model.json in it
 * @throws SAE_FILE if it cannot be written, or for a model that could not be loaded again.
 */
export async function saveModel(
  given: string,
  artifacts: tf.io.ModelArtifacts,
): Promise<tf.io.SaveResult> {
  // One at a time, in the order of the calls: of two saves into one folder, the later one stays.
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
  // A link is replaced, whatever its target.
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
      // From here on jsonTemp records what to remove if this save is interrupted.
      waiting.clear();
      await putInPlace(weights.temp, path.join(folder, weights.name));
    }
    const old = (await ownWeightsIn(file)) ?? [];
    // Another process may save over this model at once, and then nothing else would remove these.
    if (weights) old.push(weights.name);
    const toRemove = await writeTemp(folder, 'record', jsonChunks(recordOf(old)));
    waiting.add(toRemove);
    await putInPlace(jsonTemp, file);
    // The model is saved; a leftover file is no reason to report a failure.
    await removeLeftovers(file, old, toRemove.path).catch(() => {});
  } catch (error) {
    for (const { path: temp } of waiting) await removeQuietly(temp);
    if (error instanceof SAEError) throw error;
    throw fileRefused(folder, 'a folder that can be written', error);
  }
}

/** Writes the weights to disk, and returns their final name. */
async function writeWeights(folder: string, artifacts: tf.io.ModelArtifacts) {
  const { weightData, weightSpecs = [] } = artifacts;
  if (weightData == null) return undefined;
  const hash = createHash('sha256');
  const temp = await writeTemp(folder, 'weights', counted(chunksOf(weightData), hash));
  const sha256 = hash.digest('hex');
  // A first save is named by content, so that equal models give equal folders. Later ones have
  // unique names, since another process may be about to remove one that existed before.
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

/** Yields the same chunks, adding each to a checksum. */
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
