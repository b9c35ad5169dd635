import type { LayersModel } from '@tensorflow/tfjs-layers';
import { disposedModel, wrongMoment, wrongOption } from '../errors';
import { SAEModel } from './saeModel';

/**
 * What this library's functions take as a dictionary.
 *
 * @throws SAE_OPTION for anything else.
 */
export function assertDictionary(where: string, given: unknown): asserts given is SAEModel {
  if (given instanceof SAEModel) return;
  const advice = 'Give a GatedSAE or another SAEModel, and await what loads it.';
  throw wrongOption(`${where}.model`, 'a sparse autoencoder', given, advice);
}

/**
 * What they take as a model of any kind.
 *
 * @throws SAE_OPTION for anything else, SAE_STATE for one that is disposed.
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
 * The dictionary that a callback is called in the training of.
 *
 * @param where the callback, for the error
 * @param model what tfjs's loop has told it of
 * @throws SAE_STATE in the training of another model.
 */
export function trainedModel(where: string, model: unknown): SAEModel {
  if (model instanceof SAEModel) return model;
  const received = (model as { getClassName(): string }).getClassName();
  throw wrongMoment(where, 'training of a sparse autoencoder of this library', received);
}
