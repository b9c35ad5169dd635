import type { LayersModel } from '@tensorflow/tfjs-layers';
import { disposedModel, wrongMoment, wrongOption } from '../errors';
import { SAEModel } from './saeModel';

/**
 * Checks that a value is a dictionary.
 *
 * @throws SAE_OPTION for anything else.
 */
export function assertDictionary(where: string, given: unknown): asserts given is SAEModel {
  if (given instanceof SAEModel) return;
  const advice = 'Give a GatedSAE or another SAEModel, and await what loads it.';
  throw wrongOption(`${where}.model`, 'a sparse autoencoder', given, advice);
}

/**
 * Checks that a value is a model of any kind.
 *
 * @throws SAE_OPTION for anything else, SAE_STATE for a disposed model.
 */
export function assertModel(where: string, given: unknown): asserts given is LayersModel {
  const { layers, save, _refCount } = (given ?? {}) as { [name: string]: unknown };
  if (!Array.isArray(layers) || typeof save !== 'function') {
    const advice = 'Give a model, as tf.sequential or tf.model makes it, and await what loads it.';
    throw wrongOption(`${where}.model`, 'a tf.LayersModel', given, advice);
  }
  if (_refCount === 0) throw disposedModel(where);
}

/**
 * Returns the dictionary whose training a callback was called in.
 *
 * @param where the callback, for the error
 * @param model the model that tfjs's loop has set
 * @throws SAE_STATE in the training of another kind of model.
 */
export function trainedModel(where: string, model: unknown): SAEModel {
  if (model instanceof SAEModel) return model;
  const received = (model as { getClassName(): string }).getClassName();
  throw wrongMoment(where, 'training of a sparse autoencoder of this library', received);
}
