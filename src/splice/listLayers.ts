import * as tf from '@tensorflow/tfjs-core';
import type { HiddenLayer, Host, ModelInputs } from './host';
import { type HostModel, hostOf } from './hosts';

/** The number of tensors captured at a time to find their shapes. */
const AT_ONCE = 16;

/**
 * Lists the layers of a model that can be captured and changed.
 *
 * @param model a `tf.LayersModel`, a `tf.GraphModel`, or the result of {@link hookedModel}
 * @param sample inputs of one or more examples, on which the model is run if it does not declare
 *   its shapes, as with a GraphModel or a hand-written pass. None by default
 * @returns names, kinds and shapes, in the model's order. The layers of a nested model follow it,
 *   named like `block/conv`.
 * @throws SAE_OPTION for anything else, SAE_STATE for a disposed model.
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
 * for (const { name, kind, shape } of await listLayers(model)) console.log(name, kind, shape);
 * // hidden Dense [null, 8]; classes Dense [null, 3]
 * ```
 */
export async function listLayers(
  model: HostModel,
  sample?: ModelInputs,
): Promise<readonly HiddenLayer[]> {
  const host = hostOf('listLayers', model);
  if (sample === undefined) return host.layers();
  // A hand-written pass reports its layers when it runs.
  if (host.layers().length === 0) tf.dispose(await host.run(sample));
  const known = host.layers();
  const shapeless = known.filter(({ shape }) => shape === undefined).map(({ name }) => name);
  const shapes = await shapesOf(host, sample, shapeless);
  return known.map((layer) => ({ ...layer, shape: layer.shape ?? shapes.get(layer.name) }));
}

/** Returns the shapes of hidden tensors, found with a sample; the batch's length is left open. */
async function shapesOf(host: Host, sample: ModelInputs, names: readonly string[]) {
  const shapes = new Map<string, (number | null)[]>();
  for (let first = 0; first < names.length; first += AT_ONCE) {
    const some = names.slice(first, first + AT_ONCE);
    const tensors = await host.capture(sample, some);
    for (const [i, name] of some.entries()) {
      shapes.set(name, [null, ...(tensors[i] as tf.Tensor).shape.slice(1)]);
    }
    tf.dispose(tensors);
  }
  return shapes;
}
