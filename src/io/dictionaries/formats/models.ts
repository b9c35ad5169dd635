import type * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';
import { ARCHITECTURES } from '../../../architectures';
import { badContent, SAEError } from '../../../errors';
import { SAEModel } from '../../../models/saeModel';

/**
 * The dictionary in what tfjs takes for a model.
 *
 * @returns the caller disposes it.
 * @throws SAE_FILE for a model of another kind, or one that tfjs cannot build.
 */
export async function dictionaryIn(artifacts: tf.io.ModelArtifacts): Promise<SAEModel> {
  let model: LayersModel;
  try {
    model = await loadLayersModel({ load: async () => artifacts });
  } catch (error) {
    if (error instanceof SAEError) throw error;
    const text = JSON.stringify((error as Error).message);
    throw badContent('a model that tfjs can build', text, 'Save it again.', error);
  }
  if (model instanceof SAEModel) return model;
  const received = `a ${model.getClassName()}`;
  model.dispose();
  const names = Object.values(ARCHITECTURES).map(({ model }) => model.className);
  throw badContent('a sparse autoencoder', received, `Give one of these: ${names.join(', ')}.`);
}

/** What a model hands to a place to save to, without its training. */
export async function artifactsOf(model: SAEModel): Promise<tf.io.ModelArtifacts> {
  let saved: tf.io.ModelArtifacts | undefined;
  await model.save({
    save: async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    },
  });
  return saved as tf.io.ModelArtifacts;
}
