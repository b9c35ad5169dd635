import { isObject } from './carryClass';
import type { Json, JsonObject } from './layerTable';

/** A weight's name and shape, as tfjs lists them beside a topology. */
interface Spec {
  readonly name: string;
  readonly shape: readonly number[];
}

const KERNEL = 'depthwise_kernel';

/**
 * Returns the topology with the options that tfjs-layers loses when it saves one: the depth
 * multiplier of a SeparableConv2D, which is the last dimension of its depthwise kernel; and the
 * constraint of a DepthwiseConv2D, in whose place it writes the regularizer.
 *
 * @param specs the weights that were saved with it
 */
export function withLostOptions(topology: JsonObject, specs: readonly Spec[]): JsonObject {
  const shapes = new Map(specs.map(({ name, shape }) => [name, shape]));

  /** @param owner the layer around this one whose name tfjs uses for the weights, if any */
  function restored(json: Json, owner: string | undefined): Json {
    if (Array.isArray(json)) return json.map((part: Json) => restored(part, owner));
    if (!isObject(json)) return json;
    const { class_name: className, config } = json;
    if (className === 'SeparableConv2D' && isObject(config)) {
      const [, , , multiplier = 1] = shapes.get(`${owner ?? config['name']}/${KERNEL}`) ?? [];
      return { ...json, config: { depth_multiplier: multiplier, ...config } };
    }
    if (className === 'DepthwiseConv2D' && isObject(config)) {
      return { ...json, config: { ...config, depthwise_constraint: null } };
    }
    let within = owner;
    if (isObject(config)) {
      // A wrapper's inner layer has the wrapper's name; a model's layers have their own.
      if (className === 'TimeDistributed') within = String(config['name']);
      else if (Array.isArray(config['layers'])) within = undefined;
    }
    return Object.fromEntries(
      Object.entries(json).map(([key, value]) => [key, restored(value, within)]),
    );
  }
  return restored(topology, undefined) as JsonObject;
}
