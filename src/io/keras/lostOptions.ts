import { isObject } from './carryClass';
import type { Json, JsonObject } from './layerTable';

/** A weight by its name and shape, as tfjs lists them beside a topology. */
interface Spec {
  readonly name: string;
  readonly shape: readonly number[];
}

const KERNEL = 'depthwise_kernel';

/**
 * The topology with what tfjs-layers loses when it saves one: the depth multiplier of a
 * SeparableConv2D, which is the last dimension of its depthwise kernel; and the constraint of a
 * DepthwiseConv2D, in whose place it writes the regularizer.
 *
 * @param specs the weights that were saved with it
 */
export function withLostOptions(topology: JsonObject, specs: readonly Spec[]): JsonObject {
  const shapes = new Map(specs.map(({ name, shape }) => [name, shape]));

  /** @param owner the layer around this one that tfjs names the weights by, if there is one */
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
      // What is around a layer has its name; what a model holds has its own.
      if (className === 'TimeDistributed') within = String(config['name']);
      else if (Array.isArray(config['layers'])) within = undefined;
    }
    return Object.fromEntries(
      Object.entries(json).map(([key, value]) => [key, restored(value, within)]),
    );
  }
  return restored(topology, undefined) as JsonObject;
}
