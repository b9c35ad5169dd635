import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import {
  noSpliceTranscoder,
  scaleNotLearnt,
  wrongOption,
  wrongSpliceLayer,
  wrongSpliceWidth,
} from '../errors';
import { SCALE } from '../layers/normalization';
import { assertDictionary, assertModel } from '../models/givenModel';
import { placesOf } from '../models/keptMetadata';
import { metadataOf } from '../models/metadata';
import type { SAEModel } from '../models/saeModel';
import { editThrough } from './codeEdit';
import type { EditAt, Host, ModelInputs } from './host';
import { type HostModel, hostOf } from './hosts';
import type { GraphModelLike } from './hosts/graphModel';
import { isModel, placeOf } from './hosts/modelLayers';
import { codeEditOf, type SpliceArgs } from './spliceArgs';
import { SplicedSAELayer } from './spliceLayer';
import { withLayer } from './spliceModel';

/** A spliced model that is not a `tf.LayersModel`. */
export interface SplicedModel {
  /**
   * Returns the model's outputs, with the dictionary spliced in.
   *
   * @param inputs the model's inputs
   * @returns the caller disposes them.
   */
  predict(inputs: ModelInputs): Promise<tf.Tensor[]>;
}

/**
 * Splices a dictionary into a model: a layer's output passes through it, and its features can be
 * turned off, up or on.
 *
 * @param model a `tf.LayersModel`; it is not changed
 * @param layer the layer's name, as {@link listLayers} returns it
 * @param sae a dictionary of the layer's width; it is neither changed nor copied
 * @param args the edit of the codes; by default activations are replaced by their reconstructions
 * @returns a new `tf.LayersModel` that shares all weights with the model and the dictionary: it
 *   predicts, trains (the dictionary stays fixed), saves, loads and nests like any other. Disposing
 *   it keeps both.
 * @throws SAE_OPTION for an invalid model, layer or option, and for a dictionary that was made for
 *   another layer; SAE_SHAPE for one of another width; SAE_UNSUPPORTED for a transcoder, and for a
 *   model with layers that tfjs cannot recreate.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { GatedSAE, spliceSAE } from 'gated-sae-tfjs';
 * const model = tf.sequential({
 *   layers: [
 *     tf.layers.dense({ units: 8, inputShape: [4], activation: 'relu', name: 'hidden' }),
 *     tf.layers.dense({ units: 3, activation: 'softmax' }),
 *   ],
 * });
 * const sae = new GatedSAE({ inputDim: 8, encodingDim: 32 });
 * const steered = spliceSAE(model, 'hidden', sae, { mode: 'add', features: [5], value: 4 });
 * (steered.predict(tf.ones([1, 4])) as tf.Tensor).print();
 * ```
 */
export function spliceSAE(
  model: LayersModel,
  layer: string,
  sae: SAEModel,
  args?: SpliceArgs,
): LayersModel;
/**
 * Splices a dictionary into a `tf.GraphModel` or the result of {@link hookedModel}.
 *
 * @param model the model; it is not changed
 * @param layer the layer's name, as {@link listLayers} returns it
 * @param sae a dictionary of the layer's width
 * @param args the edit of the codes
 * @returns an object that predicts like the model, with the dictionary spliced in; it holds no
 *   memory
 * @throws SAE_OPTION for an invalid model, layer or option.
 */
export function spliceSAE(
  model: GraphModelLike | Host,
  layer: string,
  sae: SAEModel,
  args?: SpliceArgs,
): SplicedModel;
export function spliceSAE(
  model: HostModel,
  layer: string,
  sae: SAEModel,
  args: SpliceArgs = {},
): LayersModel | SplicedModel {
  const where = 'spliceSAE';
  const host = hostOf(where, model);
  const at = spliceAt(where, host, layer, sae, args);
  if (!isModel(model as LayersModel)) {
    return { predict: (inputs: ModelInputs) => host.run(inputs, at) };
  }
  const place = placeOf(host.name, model as LayersModel, layer);
  const { force: _, ...edit } = args;
  const name = freeName(place.within.at(-1) ?? (model as LayersModel), `${place.layer.name}_sae`);
  const config = {
    ...edit,
    name,
    dictionary: () => sae.sae,
  } as unknown as tf.serialization.ConfigDict;
  const entry = { name, className: SplicedSAELayer.className, config };
  return withLayer(host.name, model as LayersModel, place, entry);
}

/**
 * Returns a dictionary at a layer as an edit of a run.
 *
 * @throws the same as {@link spliceSAE}.
 */
export function spliceAt(
  where: string,
  host: Host,
  layer: string,
  sae: SAEModel,
  args: SpliceArgs,
): EditAt {
  assertDictionary(where, sae);
  if (typeof layer !== 'string') {
    const advice = 'Give one of those that listLayers(model) names.';
    throw wrongOption(`${where}.layer`, "a layer's name", layer, advice);
  }
  assertModel(where, sae);
  const edit = codeEditOf(where, sae.encodingDim, args);
  host.check?.([layer]);
  checkMadeFor(where, host, layer, sae, args.force ?? false);
  return {
    layer,
    edit: (hidden) => {
      if (hidden.shape.at(-1) !== sae.inputDim) {
        throw wrongSpliceWidth(`${host.name}, layer "${layer}"`, sae.inputDim, hidden.shape);
      }
      return tf.tidy(() => editThrough(sae.sae, hidden, edit));
    },
  };
}

/** Checks that a dictionary is one for that layer. */
function checkMadeFor(
  where: string,
  host: Host,
  layer: string,
  sae: SAEModel,
  force: boolean,
): void {
  if (sae.sae.isTranscoder) throw noSpliceTranscoder(where);
  const { shape } = host.layers().find(({ name }) => name === layer) ?? {};
  const width = shape?.at(-1);
  if (shape && width !== null && width !== sae.inputDim) {
    throw wrongSpliceWidth(`${host.name}, layer "${layer}"`, sae.inputDim, shape);
  }
  if (force) return;
  const names = placesOf(metadataOf(sae));
  if (names.length > 0 && !names.includes(layer)) throw wrongSpliceLayer(where, names, layer);
  const isUnscaled = sae.sae.normalize === 'mean-norm' && sae.sae.read(SCALE).dataSync()[0] === 0;
  if (isUnscaled) throw scaleNotLearnt(where);
}

/** Returns a name that no layer of a model has. */
function freeName(model: LayersModel, wanted: string): string {
  const taken = new Set(model.layers.map(({ name }) => name));
  for (let i = 1; ; i++) {
    const name = i === 1 ? wanted : `${wanted}_${i}`;
    if (!taken.has(name)) return name;
  }
}
