import { serialization, type Tensor } from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import { dictionaryInSteps } from '../errors';

type Layer = layers.Layer;
/** The part of tfjs's wrapper that is used here; tfjs does not export its class. */
interface TimeDistributed extends Layer {
  readonly layer: Layer;
}
const TIME_DISTRIBUTED = 'TimeDistributed';

/**
 * Makes `tf.layers.timeDistributed` pass all steps to dictionaries at once.
 *
 * tfjs calls the wrapped layer once per step, but asks for the layer's losses only once. A
 * dictionary takes input of any rank, so it gets the same rows in one call, with one loss over all
 * of them. A dictionary inside a model in `timeDistributed` cannot be trained: tfjs does not ask
 * such a model for losses.
 *
 * @param isDictionary returns whether a layer is a dictionary, and computes `[batch, steps, ...]`
 *   like a single step
 */
export function handOverAllSteps(isDictionary: (layer: Layer) => boolean): void {
  const known = serialization.SerializationMap.getMap().classNameMap[TIME_DISTRIBUTED];
  const wrapper = known?.[0].prototype as TimeDistributed | undefined;
  if (wrapper === undefined) return; // a tfjs without it
  const takesAllSteps = (layer: Layer): boolean =>
    isDictionary(layer) ||
    (layer.getClassName() === TIME_DISTRIBUTED && takesAllSteps((layer as TimeDistributed).layer));
  const trained = (layer: Layer): Layer | undefined => {
    if (isDictionary(layer)) return layer.trainableWeights.length > 0 ? layer : undefined;
    const { layers: parts = [], layer: part } = layer as { layers?: Layer[]; layer?: Layer };
    for (const inner of part ? [...parts, part] : parts) {
      const found = trained(inner);
      if (found) return found;
    }
    return undefined;
  };

  const { call, computeMask } = wrapper;
  wrapper.call = function (this: TimeDistributed, inputs, kwargs): Tensor | Tensor[] {
    if (takesAllSteps(this.layer)) return this.layer.call(inputs, kwargs);
    const lost = kwargs?.['training'] ? trained(this.layer) : undefined;
    if (lost) throw dictionaryInSteps(`${lost.getClassName()} "${lost.name}"`, this.name);
    return call.call(this, inputs, kwargs);
  };
  wrapper.computeMask = function (this: TimeDistributed, inputs, mask) {
    return takesAllSteps(this.layer)
      ? this.layer.computeMask(inputs, mask)
      : computeMask.call(this, inputs, mask);
  };
}
