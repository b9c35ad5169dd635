import * as tf from '@tensorflow/tfjs-core';
import { ARCHITECTURES } from '../../architectures';
import { unknownArchitecture, unsupportedDictionary } from '../../errors';
import { SINCE_FIRED } from '../../layers/revival';
import type { SAEModel } from '../../models/saeModel';
import type { Dictionary, DictionaryOptions, DictionaryWeight } from './dictionary';
import type { DictionaryMetadata } from './metadata';

/** Under which a saved model keeps what its dictionary was made for. */
const KEPT = 'dictionary';

/**
 * The model of a dictionary. Its weights are read one at a time, each into its place.
 *
 * @returns the caller disposes it.
 * @throws SAE_OPTION where its options are none; what reading throws.
 */
export async function modelOf(
  { architecture, options, weights, metadata }: Dictionary,
  warn: (sentence: string) => void,
): Promise<SAEModel> {
  const known = Object.hasOwn(ARCHITECTURES, architecture)
    ? ARCHITECTURES[architecture]
    : undefined;
  if (known === undefined) throw unknownArchitecture(architecture, Object.keys(ARCHITECTURES));
  const Model = known.model as unknown as ModelClass;
  // Of zeros: numbers at random for what is replaced at once would take longer than the file.
  const model = Model.fromConfig(Model, { ...options }, undefined, true);
  try {
    await fill(model, weights, warn);
    if (Object.keys(metadata).length > 0) model.setUserDefinedMetadata({ [KEPT]: metadata });
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

type ModelClass = tf.serialization.SerializableConstructor<SAEModel> & {
  fromConfig(
    cls: tf.serialization.SerializableConstructor<SAEModel>,
    config: DictionaryOptions,
    customObjects: undefined,
    fastWeightInit: boolean,
  ): SAEModel;
};

/** Writes each weight into its place, and tells of values that are no numbers. */
async function fill(
  model: SAEModel,
  weights: Dictionary['weights'],
  warn: (sentence: string) => void,
): Promise<void> {
  let odd = 0;
  for (const [name, variable] of model.sae.namedWeights) {
    const weight = weights[name];
    if (weight === undefined) continue; // what only training asks for
    const values = await weight.read();
    odd += countOdd(values);
    tf.tidy(() => {
      const tensor = tf.tensor(values, [...weight.shape], 'float32');
      model.sae.checkWeight(name, tensor);
      variable.write(tensor);
    });
  }
  model.takeAsLoaded();
  if (odd > 0) {
    warn(`${odd} of its weights are NaN or infinite: codes and rows of them will be, too.`);
  }
}

function countOdd(values: Float32Array): number {
  let odd = 0;
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) odd++;
  return odd;
}

/** A model as a dictionary, whose weights are read from it when they are wanted. */
export function dictionaryOf(model: SAEModel): Dictionary {
  const [architecture] =
    Object.entries(ARCHITECTURES).find(
      ([, known]) => known.model.className === model.getClassName(),
    ) ?? [];
  if (architecture === undefined) {
    const advice = 'Register its architecture with registerArchitecture.';
    throw unsupportedDictionary('a registered architecture', model.getClassName(), advice);
  }
  const { name: _, trainable: __, seed: ___, ...config } = model.getConfig();
  const weights = model.sae.namedWeights
    .filter(([name]) => name !== SINCE_FIRED)
    .map(([name, variable]): [string, DictionaryWeight] => {
      const shape = variable.shape as number[];
      return [name, { shape, read: () => variable.read().data<'float32'>() }];
    });
  return {
    architecture,
    options: config as unknown as DictionaryOptions,
    weights: Object.fromEntries(weights),
    metadata: metadataOf(model),
  };
}

/**
 * What a model's dictionary was made for, as the files said that it was opened from: the network, the place
 * in it, the data. Saved with the model.
 *
 * @param model the dictionary
 * @returns plain data; an object without entries where nothing is known.
 * @example
 * ```ts
 * import { GatedSAE, metadataOf } from 'gated-sae-tfjs';
 * const sae = new GatedSAE({ inputDim: 8, encodingDim: 32 });
 * console.log(metadataOf(sae)); // {}
 * ```
 */
export function metadataOf(model: SAEModel): DictionaryMetadata {
  const kept = model.getUserDefinedMetadata() as { [KEPT]?: DictionaryMetadata } | undefined;
  return kept?.[KEPT] ?? {};
}

/**
 * Says what a model's dictionary was made for, in place of what was known.
 *
 * @param model the dictionary
 * @param metadata plain data, which is saved with the model
 * @example
 * ```ts
 * import { GatedSAE, metadataOf, setMetadata } from 'gated-sae-tfjs';
 * const sae = new GatedSAE({ inputDim: 768, encodingDim: 32 });
 * setMetadata(sae, { modelName: 'gpt2', hookName: 'blocks.8.hook_resid_pre' });
 * console.log(metadataOf(sae).modelName); // gpt2
 * ```
 */
export function setMetadata(model: SAEModel, metadata: DictionaryMetadata): void {
  model.setUserDefinedMetadata({ ...model.getUserDefinedMetadata(), [KEPT]: metadata });
}
