import * as tf from '@tensorflow/tfjs-core';
import { ARCHITECTURES } from '../../architectures';
import { unknownArchitecture, unsupportedDictionary } from '../../errors';
import { SINCE_FIRED } from '../../layers/revival';
import { areFinite } from '../../math/finite';
import { metadataOf, setMetadata } from '../../models/metadata';
import type { SAEModel } from '../../models/saeModel';
import type { Dictionary, DictionaryOptions, DictionaryWeight } from './dictionary';

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
    if (Object.keys(metadata).length > 0) setMetadata(model, metadata);
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
  const named = model.sae.namedWeights.flatMap(([name, variable]) => {
    const weight = weights[name];
    return weight ? [{ name, variable, weight }] : []; // without what only training asks for
  });
  for (const { name, variable, weight } of named) {
    let seen = 0;
    const values = await weight.read((part) => {
      seen += part.length;
      odd += countOdd(part);
    });
    if (seen === 0) odd += countOdd(values);
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
  if (areFinite(values)) return 0;
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
