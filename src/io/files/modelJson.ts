import type * as tf from '@tensorflow/tfjs-core';
import { badContent, badModelJson } from '../../errors';
import { isObject } from '../../plainData';
import { type WeightGroup, weightGroups } from './manifest';

/** The checked contents of a model.json. */
export interface CheckedModelJson {
  readonly json: tf.io.ModelJSON;
  /** Its weights; undefined if it only has a topology. */
  readonly groups: WeightGroup[] | undefined;
  /** The checksum of all weights, one file after another; undefined if it has none. */
  readonly sha256: string | undefined;
}

/** The field of that checksum, which tfjs and its converters ignore. */
export const CHECKSUM = 'weightsSha256';

const LAYERS_MODEL = 'the model.json of a tfjs layers model';
const OPTIONAL_OBJECTS = [
  ...['trainingConfig', 'userDefinedMetadata'],
  ...['signature', 'modelInitializer', 'initializerSignature'],
] as const;

/** The first bytes of files in other formats. */
const SIGNATURES = [
  { start: [0x50, 0x4b, 0x03, 0x04], is: 'a ZIP archive, as .keras files are' },
  { start: [0x89, 0x48, 0x44, 0x46], is: 'an HDF5 file' },
];

/**
 * Parses the text of a model.json.
 *
 * @throws SAE_FILE for anything but a layers model.
 */
export function parseModelJson(bytes: Uint8Array): CheckedModelJson {
  const other = SIGNATURES.find(({ start }) => start.every((byte, i) => bytes[i] === byte));
  if (other || bytes.length === 0) {
    const advice = 'Give the folder that a tfjs model was saved to.';
    throw badContent(LAYERS_MODEL, other?.is ?? 'an empty file', advice);
  }
  let value: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    // tfjs copies keys one by one; this one would become the prototype of its copy.
    value = JSON.parse(text, (key, v) => (key === '__proto__' ? undefined : v));
  } catch (cause) {
    const advice = 'Save the model again, or restore it from a copy.';
    throw badContent(LAYERS_MODEL, 'text that is not JSON', advice, cause);
  }
  return checkModelJson(value);
}

/**
 * Checks the content of a model.json.
 *
 * @throws SAE_FILE for anything but a layers model.
 */
export function checkModelJson(json: unknown): CheckedModelJson {
  if (!isObject(json)) throw badModelJson('its content', 'an object', json);
  const { modelTopology: topology, format, weightsManifest } = json;
  if (topology === undefined && 'class_name' in json && 'config' in json) {
    const advice = 'Convert the Keras model with tensorflowjs_converter.';
    throw badContent(LAYERS_MODEL, "a Keras model's configuration", advice);
  }
  if (format === 'graph-model' || (isObject(topology) && Array.isArray(topology.node))) {
    const advice = 'It has no layers: use tf.loadGraphModel.';
    throw badContent(LAYERS_MODEL, 'a graph model', advice);
  }
  if (!isObject(topology)) throw badModelJson('modelTopology', 'an object', topology);
  const nested = topology.model_config ?? undefined;
  const [at, config] =
    nested === undefined
      ? ['modelTopology', topology]
      : ['modelTopology.model_config', nested as Record<string, unknown>];
  if (!isObject(config)) throw badModelJson(at, 'an object', config);
  if (typeof config.class_name !== 'string') {
    throw badModelJson(`${at}.class_name`, 'the name of a class', config.class_name);
  }
  // An array in files of a Sequential written by Keras before 2.2.
  if (!isObject(config.config) && !Array.isArray(config.config)) {
    throw badModelJson(`${at}.config`, 'an object', config.config);
  }
  for (const field of OPTIONAL_OBJECTS) {
    const value = json[field] ?? undefined;
    if (value !== undefined && !isObject(value)) {
      throw badModelJson(field, 'an object', value);
    }
  }
  const groups = weightsManifest == null ? undefined : weightGroups(weightsManifest);
  const sha256 = json[CHECKSUM] ?? undefined;
  if (sha256 !== undefined && !(typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256))) {
    throw badModelJson(CHECKSUM, 'a SHA-256 in hexadecimal', sha256);
  }
  return { json: json as unknown as tf.io.ModelJSON, groups, sha256 };
}

/**
 * Returns the model.json of a model.
 *
 * It corresponds to tfjs's `getModelJSONForModelArtifacts`, which is not exported, plus the
 * checksum of the weights.
 */
export function modelJsonOf(
  artifacts: tf.io.ModelArtifacts,
  weightsManifest: tf.io.WeightsManifestConfig | undefined,
  sha256: string | undefined,
): object {
  const { modelTopology, format, generatedBy, convertedBy } = artifacts;
  const optional = OPTIONAL_OBJECTS.filter((field) => artifacts[field] != null);
  return {
    modelTopology,
    format,
    generatedBy,
    convertedBy,
    weightsManifest,
    [CHECKSUM]: sha256,
    ...Object.fromEntries(optional.map((field) => [field, artifacts[field]])),
  };
}
