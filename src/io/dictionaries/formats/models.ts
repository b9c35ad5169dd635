import type * as tf from '@tensorflow/tfjs-core';
import { ARCHITECTURES } from '../../../architectures';
import { badContent, wrongArrayShape } from '../../../errors';
import { SAEModel } from '../../../models/saeModel';
import { ownWeights } from '../../../models/saving';
import type { JsonObject } from '../../keras/layerTable';
import type { Dictionary } from '../dictionary';
import { dictionaryOf } from '../model';

/** A weight of a model in files. */
export interface ModelWeight {
  /** Its name there: `sae/W_dec`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/**
 * Returns the dictionary that a model in files contains.
 *
 * @param topology the topology in tfjs's model.json
 * @param weights all weights of the model
 * @param said the model's user-defined metadata, as stored by tfjs
 * @throws SAE_FILE for a model of another kind, one that tfjs cannot build, or weights with other
 *   names; SAE_SHAPE for one of another shape.
 */
export async function dictionaryIn(
  topology: object,
  weights: readonly ModelWeight[],
  said: tf.io.ModelArtifacts['userDefinedMetadata'],
): Promise<Dictionary> {
  // With the layers of Keras, which pages with other formats do not need.
  const { blueprint } = await import('../../keras/blueprint');
  const { model_config: config } = topology as { model_config?: object };
  const { model: built, dispose } = await blueprint((config ?? topology) as JsonObject);
  try {
    if (!(built instanceof SAEModel)) {
      const names = Object.values(ARCHITECTURES).map(({ model }) => model.className);
      const received = `a ${built.getClassName()}`;
      throw badContent('a sparse autoencoder', received, `Give one of these: ${names.join(', ')}.`);
    }
    const model: SAEModel = built;
    if (said) model.setUserDefinedMetadata(said);
    const known = model.sae.namedWeights;
    const given = Object.fromEntries(weights.map((weight) => [weight.name, weight]));
    const own = ownWeights(
      `${model.getClassName()} "${model.name}"`,
      known.map(([name]) => name),
      given,
      true,
    );
    const values = new Map(own.map(({ name, tensor }) => [name, tensor]));
    for (const [name, { shape }] of known) {
      const { shape: found = [] } = values.get(name) ?? {};
      const expected = shape as number[];
      const isSame = found.length === expected.length && found.every((n, i) => n === expected[i]);
      if (!isSame) throw wrongArrayShape(name, expected, found);
    }
    return dictionaryOf(model, async (name) => values.get(name)?.values ?? new Float32Array());
  } finally {
    dispose();
  }
}

/** Returns what a model passes to a save handler, without its training. */
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
