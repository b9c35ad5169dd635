import type { HiddenLayer } from './host';
import { type HostModel, hostOf } from './hosts';

/**
 * What of a model can be captured and changed.
 *
 * @param model a `tf.LayersModel`, a `tf.GraphModel`, or what {@link hookedModel} makes
 * @returns names, kinds and shapes, in the model's order. The layers of a nested model stand behind it, as
 * `block/conv`. A GraphModel says no shapes before it runs; a hand-written pass tells its layers when it has
 * run once.
 * @throws SAE_OPTION for anything else, SAE_STATE for a model that is disposed.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { listLayers } from 'gated-sae-tfjs';
 * const model = tf.sequential({
 *   layers: [
 *     tf.layers.dense({ units: 8, inputShape: [4], name: 'hidden' }),
 *     tf.layers.dense({ units: 3, name: 'classes' }),
 *   ],
 * });
 * for (const { name, kind, shape } of listLayers(model)) console.log(name, kind, shape);
 * // hidden Dense [null, 8]; classes Dense [null, 3]
 * ```
 */
export function listLayers(model: HostModel): readonly HiddenLayer[] {
  return hostOf('listLayers', model).layers();
}
