import * as tf from '@tensorflow/tfjs-core';
import { wrongFiles } from './refusals';

/** What a model.json says of its model. */
export interface DescribedModel {
  /** The file's name. */
  file: string;
  className: string;
  /** The model's options, in Python's spelling, which tfjs's files have. */
  config: Record<string, unknown>;
  json: tf.io.ModelJSON;
}

/**
 * Reads the model.json among files that were chosen together.
 *
 * @throws SAE_FILE where there is none, or something else in it.
 */
export async function readModelJson(files: readonly File[]): Promise<DescribedModel> {
  const [file, ...others] = files.filter(({ name }) => name.endsWith('.json'));
  if (file === undefined || others.length > 0) {
    const names = files.map(({ name }) => name.slice(0, 40)).join(', ');
    throw wrongFiles('the files', names || 'none');
  }
  const { name } = file;
  const json = parsed(name, await file.text());
  const { modelTopology: topology, weightsManifest } = json;
  const { class_name: className, config } = isObject(topology) ? topology : ({} as JsonObject);
  if (typeof className !== 'string' || !isObject(config)) {
    throw wrongFiles(name, "JSON without a layers model's topology");
  }
  if (!Array.isArray(weightsManifest)) throw wrongFiles(name, 'JSON without weights');
  return { file: name, className, config, json: json as unknown as tf.io.ModelJSON };
}

/**
 * The model with its weights, as `tf.loadLayersModel` takes it.
 *
 * @throws SAE_FILE where files are missing.
 */
export async function withWeights(
  { file, config, json }: DescribedModel,
  files: readonly File[],
): Promise<tf.io.IOHandler> {
  const artifacts = await tf.io.getModelArtifactsForJSON(json, async (manifest) => {
    const paths = manifest.flatMap(({ paths }) => paths);
    const read = paths.map((path) => weightFile(file, path, files).arrayBuffer());
    return [manifest.flatMap(({ weights }) => weights), await Promise.all(read)];
  });
  const bytes = tf.io.CompositeArrayBuffer.join(artifacts.weightData).byteLength;
  // Two matrices, a byte a value where they are quantized: no more memory than the file is long.
  const least = 2 * Number(config['input_dim']) * Number(config['encoding_dim']);
  if (!(bytes >= least)) throw wrongFiles(file, `${bytes} bytes of weights, for ${least} or more`);
  return tf.io.fromMemory(artifacts);
}

/** The file of that name, wherever the manifest has it. */
function weightFile(json: string, path: string, files: readonly File[]): File {
  const name = String(path).replace(/^.*[\\/]/, '');
  const file = files.find((candidate) => candidate.name === name);
  if (file) return file;
  throw wrongFiles(json, `a model.json without ${JSON.stringify(name.slice(0, 80))}`);
}

type JsonObject = Record<string, unknown>;

const isObject = (value: unknown): value is JsonObject =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

function parsed(name: string, text: string): JsonObject {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw wrongFiles(name, 'text that is not JSON', error);
  }
  if (isObject(content)) return content;
  throw wrongFiles(name, 'JSON that is no object');
}
