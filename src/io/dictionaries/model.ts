import * as tf from '@tensorflow/tfjs-core';
import { ARCHITECTURES } from '../../architectures';
import { unknownArchitecture, unsupportedDictionary } from '../../errors';
import { areFinite } from '../../math/finite';
import { metadataOf, setMetadata } from '../../models/metadata';
import type { SAEModel } from '../../models/saeModel';
import { type StoredTensor, sizeOf } from '../bytes/storedTensor';
import { bytesFrom } from '../bytes/values';
import {
  type Dictionary,
  type DictionaryOptions,
  type DictionaryWeight,
  matrixWeight,
  vectorWeight,
} from './dictionary';

/**
 * Creates the model of a dictionary. Its weights are read one at a time, each into its place.
 *
 * @returns the model; the caller disposes it.
 * @throws SAE_OPTION if its options are invalid; the errors of reading.
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
  // With zeros: random initial weights would take longer than reading the file.
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

/** Writes each weight into its place, and warns of values that are not finite. */
async function fill(
  model: SAEModel,
  weights: Dictionary['weights'],
  warn: (sentence: string) => void,
): Promise<void> {
  let odd = 0;
  const named = model.sae.namedWeights.flatMap(([name, variable]) => {
    const weight = weights[name];
    return weight ? [{ name, variable, weight }] : []; // without values that only training uses
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

/**
 * Returns a model as a dictionary.
 *
 * @param read returns the values of one of its weights on demand: by default its own
 * @throws SAE_UNSUPPORTED if its architecture is not registered.
 */
export function dictionaryOf(
  model: SAEModel,
  read: (name: string) => Promise<Float32Array> = (name) => model.sae.read(name).data<'float32'>(),
): Dictionary {
  const [architecture] =
    Object.entries(ARCHITECTURES).find(
      ([, known]) => known.model.className === model.getClassName(),
    ) ?? [];
  if (architecture === undefined) {
    const advice = 'Register its architecture with registerArchitecture.';
    throw unsupportedDictionary('a registered architecture', model.getClassName(), advice);
  }
  const weights = model.sae.namedWeights.map(([name, variable]): [string, DictionaryWeight] => {
    const tensor = tensorOf(variable.shape as number[], () => read(name));
    const axis = featuresOf(model, name);
    const isMatrix = tensor.shape.length === 2;
    return [name, isMatrix ? matrixWeight(tensor, axis) : vectorWeight(tensor, axis === 0)];
  });
  return {
    architecture,
    options: model.getConfig() as unknown as DictionaryOptions,
    weights: Object.fromEntries(weights),
    metadata: metadataOf(model),
  };
}

/** Returns the axis of features in one of a model's weights; undefined if it has none. */
function featuresOf({ sae: { encoder, states } }: SAEModel, name: string): 0 | 1 | undefined {
  if (name === encoder.matrix) return 1;
  const isVector = Object.hasOwn(encoder.vectors, name) || states[name]?.of === 'feature';
  return name === 'W_dec' || isVector ? 0 : undefined;
}

/** Returns values that are not in a file in the form of a file's tensor. */
function tensorOf(shape: readonly number[], read: () => Promise<Float32Array>): StoredTensor {
  const [length = 1] = shape;
  const row = sizeOf(shape.slice(1));
  const floats = async (first = 0, count = length - first) =>
    (await read()).subarray(first * row, (first + count) * row);
  return { dtype: 'float32', shape, floats, bytes: async () => bytesFrom('float32', await read()) };
}
