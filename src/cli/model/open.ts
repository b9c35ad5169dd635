import type * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';
import { ARCHITECTURES } from '../../architectures';
import { badFile, namingFile, SAEError } from '../../errors';
import { loadSAE } from '../../io/dictionaries/load';
import { readModel } from '../../io/files/readModel';
import { decodeArtifacts } from '../../io/keras/decode';
import { checkKerasOptions, type KerasOptions } from '../../io/keras/kerasArchive';
import { withKerasSource } from '../../io/keras/kerasSource';
import { SAEModel } from '../../models/saeModel';
import { type Opening, opening } from './options';
import { assertFinite, withoutTraining } from './parts';
import { isAddress, type Place, placeName } from './place';

/**
 * Reads a model in tfjs's form.
 *
 * @param warn called with a sentence on what is left out
 * @throws SAEError if it is missing, damaged, or not for tfjs.
 */
export async function readArtifacts(
  { path, format }: Place,
  keras: KerasOptions,
  warn: (sentence: string) => void,
): Promise<tf.io.ModelArtifacts> {
  const options = checkKerasOptions('convert', keras, warn);
  if (format === 'keras')
    return withKerasSource(path, (source) => decodeArtifacts(source, options));
  const artifacts = await readModel(path, warn);
  if (!options.allowNonFinite) namingFile(path, () => assertFinite(artifacts));
  return options.includeOptimizer === false ? withoutTraining(artifacts) : artifacts;
}

/** @throws SAE_FILE if tfjs cannot make a model of it. */
export async function built(
  { path }: Place,
  artifacts: tf.io.ModelArtifacts,
): Promise<LayersModel> {
  try {
    return await loadLayersModel({ load: async () => artifacts });
  } catch (error) {
    if (error instanceof SAEError) throw error;
    const { message } = error as Error;
    const advice = 'Register no class of your own in it, or load the weights by a program.';
    throw badFile(path, 'a model that tfjs can build', JSON.stringify(message), advice, error);
  }
}

/**
 * Opens a saved dictionary, without its optimizer.
 *
 * @param options options for a dictionary of another tool; not used for others
 * @returns the caller disposes it.
 * @throws SAE_FILE also for a model of another kind.
 */
export async function openDictionary(
  place: Place,
  options: Opening,
  warn: (sentence: string) => void,
): Promise<SAEModel> {
  if (place.format === 'dictionary') return opening(options, (args) => loadSAE(place.path, args));
  const model = await built(place, await readArtifacts(place, { includeOptimizer: false }, warn));
  if (model instanceof SAEModel) return model;
  const received = `a ${model.getClassName()}`;
  model.dispose();
  const names = Object.values(ARCHITECTURES).map(({ model }) => model.className);
  const advice = `Give the file of one of these: ${names.join(', ')}.`;
  throw badFile(placeName(place), 'a sparse autoencoder', received, advice);
}

/** Returns why a dictionary cannot be read from a place; undefined if it can. */
export function notADictionary({ path, format }: Place): string | undefined {
  if (format === 'weights') {
    return 'MODEL holds weights alone: make a model of them by gated-sae convert --like.';
  }
  return format === 'folder' && isAddress(path) ? FOLDER_HERE : undefined;
}

export const FOLDER_HERE = 'A folder of tfjs is read from this machine only: download it first.';
