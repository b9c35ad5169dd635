import * as tf from '@tensorflow/tfjs-core';
import { joined } from '../../../bytes';
import { badContent } from '../../../errors';
import { bytesOfWeight } from '../../files/manifest';
import { checkModelJson, modelJsonOf, parseModelJson } from '../../files/modelJson';
import type { Dictionary } from '../dictionary';
import type { DictionaryFiles } from '../files';
import { type DictionaryFile, type DictionaryFormat, jsonFile } from '../format';
import { modelOf } from '../model';
import type { ModelWeight } from './models';

const MODEL = 'model.json';
const WEIGHTS = 'weights.bin';
const COPY_AGAIN = 'Copy the whole folder again, or save the model again.';

/** tfjs's own format: a folder of `model.json` and the weights that it names. */
export const tfjs: DictionaryFormat = {
  name: 'tfjs',
  of: 'TensorFlow.js: `model.json` and weights',
  read,
  write,
};

async function read(files: DictionaryFiles): Promise<Dictionary | undefined> {
  const path = files.file ?? MODEL;
  const isNamed = files.file !== undefined && /\.json$/i.test(files.file);
  const source = path === MODEL || isNamed ? await files.source(path) : undefined;
  if (source === undefined) return undefined;
  const { json, groups = [], sha256 } = parseModelJson(await source.read(0, source.size));
  const size = groups.reduce((sum, { bytes }) => sum + bytes, 0);
  const sources = [];
  for (const name of groups.flatMap(({ paths }) => paths)) {
    const weights = await files.source(name);
    if (weights === undefined) throw badContent(`${name} beside it`, 'none', COPY_AGAIN);
    sources.push(weights);
  }
  const there = sources.reduce((sum, weights) => sum + weights.size, 0);
  if (there !== size) throw badContent(`${size} bytes of weights`, `${there}`, COPY_AGAIN);
  const data = new Uint8Array(size);
  let at = 0;
  for (const weights of sources) {
    data.set(await weights.read(0, weights.size), at);
    at += weights.size;
  }
  if (sha256 !== undefined && (await checksum(data)) !== sha256) {
    throw badContent('weights of the checksum in it', 'others, or damaged ones', COPY_AGAIN);
  }
  const { dictionaryIn } = await import('./models');
  const weights = await weightsIn(
    groups.flatMap((group) => group.weights),
    data,
  );
  return dictionaryIn(json.modelTopology as object, weights, json.userDefinedMetadata);
}

/** Returns the weights of the model, without its optimizer's state. */
async function weightsIn(
  entries: readonly tf.io.WeightsManifestEntry[],
  { buffer }: Uint8Array<ArrayBuffer>,
): Promise<ModelWeight[]> {
  const weights: ModelWeight[] = [];
  let at = 0;
  for (const entry of entries) {
    const { name, shape, group } = entry;
    const bytes = buffer.slice(at, at + bytesOfWeight(entry));
    at += bytes.byteLength;
    if (group !== 'optimizer') weights.push({ name, shape, values: await valuesOf(entry, bytes) });
  }
  return weights;
}

/** Returns the values of a weight, which may be stored in fewer bits. */
async function valuesOf(
  entry: tf.io.WeightsManifestEntry,
  bytes: ArrayBuffer,
): Promise<Float32Array> {
  if (entry.dtype === 'float32' && entry.quantization === undefined) return new Float32Array(bytes);
  const decoded = tf.io.decodeWeights(bytes, [entry]);
  try {
    return Float32Array.from(await (decoded[entry.name] as tf.Tensor).data());
  } finally {
    tf.dispose(decoded);
  }
}

/** Returns the SHA-256 in hexadecimal. */
async function checksum(data: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', data));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function write(dictionary: Dictionary): Promise<DictionaryFile[]> {
  const { artifactsOf } = await import('./models');
  const model = await modelOf(dictionary, () => {});
  try {
    const artifacts = await artifactsOf(model);
    const pieces = [artifacts.weightData ?? []].flat();
    const data = joined(pieces.map((piece) => new Uint8Array(piece)));
    const manifest = [{ paths: [WEIGHTS], weights: artifacts.weightSpecs ?? [] }];
    const json = modelJsonOf(artifacts, manifest, await checksum(data));
    checkModelJson(JSON.parse(JSON.stringify(json)));
    return [{ path: WEIGHTS, pieces: [data] }, jsonFile(MODEL, json)];
  } finally {
    model.dispose();
  }
}
