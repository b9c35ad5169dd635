import type { Dictionary } from '../dictionary';
import type { DictionaryFiles } from '../files';
import type { DictionaryFormat } from '../format';
import { kerasFile, kerasSource } from './kerasFiles';

/** The name of the file that is written. */
const FILE = 'sae.keras';
/** The file in a folder that Keras saved unzipped. */
const UNZIPPED = 'config.json';

/**
 * Keras 3, with gated-sae-tf's classes and those of gated-sae-tfjs's Python side: a `.keras` file
 * or folder.
 *
 * The code that reads it is loaded when there is such a file.
 */
export const keras: DictionaryFormat = {
  name: 'keras',
  of: 'Keras 3: a `.keras` file or folder',
  read,
  write: async (dictionary, dtype) => [await kerasFile(dictionary, dtype, FILE, true)],
};

async function read(files: DictionaryFiles): Promise<Dictionary | undefined> {
  const path = await fileOf(files);
  const source = path === undefined ? undefined : await kerasSource(files, path);
  if (source === undefined) return undefined;
  const { decodeArtifacts } = await import('../../keras/decode');
  const { dictionaryIn } = await import('./models');
  const options = { allowNonFinite: true, includeOptimizer: false, warn: () => {} };
  const artifacts = await decodeArtifacts(source, options);
  const { modelTopology, weightSpecs = [], weightData, userDefinedMetadata } = artifacts;
  const buffers = weightData as ArrayBuffer[]; // one for each weight
  const weights = weightSpecs.map(({ name, shape }, i) => {
    return { name, shape, values: new Float32Array(buffers[i] as ArrayBuffer) };
  });
  return dictionaryIn(modelTopology as object, weights, userDefinedMetadata);
}

/** Returns the file that holds a model, if these are Keras's. */
async function fileOf(files: DictionaryFiles): Promise<string | undefined> {
  const { file } = files;
  if (file !== undefined) {
    if (/\.keras$/i.test(file)) return file;
    return (await files.holds(file, ['config.json', 'model.weights.h5'])) ? file : undefined;
  }
  const config = await files.json(UNZIPPED);
  if (config && 'class_name' in config && 'registered_name' in config) return UNZIPPED;
  const own = ((await files.list()) ?? []).filter((path) => /^[^/]*\.keras$/i.test(path));
  return own.length === 1 ? own[0] : undefined;
}
