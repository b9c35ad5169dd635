import { badKerasConfig, noCounterpart } from '../../errors';
import type { Shape } from './carry';
import { isObject } from './carryClass';
import type { Inbound } from './graph';
import type { Json, JsonObject } from './layerTable';

/** Possible arguments of a layer's call besides its inputs. */
export interface Arguments {
  /** The argument whose tensors tfjs takes as further inputs. */
  readonly extraInputs: string | undefined;
  /** Arguments that do not affect the computation. */
  readonly ignored: readonly string[];
  /** The layers whose tensors are masks, which tfjs propagates by itself. */
  readonly masks: ReadonlySet<string>;
}

/** Returns a key for a tensor in a graph. */
export const keyOf = ([layer, call, tensor]: Inbound): string => `${layer} ${call} ${tensor}`;

/**
 * Returns the tensors that a layer is called with in one of Keras's inbound nodes, in order.
 *
 * @throws SAE_FILE for an invalid node; SAE_UNSUPPORTED for arguments that tfjs would ignore.
 */
export function tensorsIn(
  layer: string,
  node: Json,
  { extraInputs, ignored, masks }: Arguments,
): Inbound[] {
  const { args, kwargs } = isObject(node) ? node : {};
  if (!Array.isArray(args) || !isObject(kwargs)) {
    throw badKerasConfig(`inbound_nodes of ${layer}`, 'calls with args and kwargs', node);
  }
  const inputs = (json: Json): Inbound[] => {
    const tensors = tensorsOf(json);
    if (tensors) return tensors;
    const advice = 'tfjs layers take tensors of other layers.';
    throw noCounterpart(layer, 'an input', json, advice);
  };
  const [first = null, ...others] = args as readonly Json[];
  if (others.some((other) => other !== null)) {
    throw noCounterpart(layer, 'arguments', args.length, 'tfjs layers take one input.');
  }
  const more = Object.entries(kwargs).flatMap(([name, value]) => {
    // A call with training=False is like any other here: dropout and the like ask the model.
    if (isNothing(value) || ignored.includes(name)) return [];
    if (name === 'training' && value === false) return [];
    if (name === 'mask' && tensorsOf(value)?.every(([from]) => masks.has(from))) return [];
    if (name === extraInputs) return inputs(value);
    const shown = tensorsOf(value) ? 'a tensor' : value;
    throw noCounterpart(layer, name, shown, 'tfjs calls layers with their inputs only.');
  });
  return [...inputs(first), ...more];
}

/** Returns whether it is null, or a list of nulls for a layer with several inputs. */
const isNothing = (value: Json): boolean =>
  value === null || (Array.isArray(value) && value.every(isNothing));

/** Returns the tensors in a list or tuple, or a single one; undefined for anything else. */
export function tensorsOf(json: Json): Inbound[] | undefined {
  if (Array.isArray(json)) {
    const parts = json.map(tensorsOf);
    return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
  }
  if (!isObject(json)) return undefined;
  const { class_name: className, config, items } = json;
  // JSON distinguishes tuples from lists, Python treats them alike.
  if (className === '__tuple__') return tensorsOf(items ?? null);
  if (className !== '__keras_tensor__' || !isObject(config)) return undefined;
  const { keras_history: history } = config;
  const [name, call, tensor] = (Array.isArray(history) ? history : []) as readonly Json[];
  const isTensor =
    typeof name === 'string' && Number.isSafeInteger(call) && Number.isSafeInteger(tensor);
  return isTensor ? [[name, call as number, tensor as number]] : undefined;
}

/** Returns the shapes of a layer's inputs, call by call; none if Keras does not state them. */
export function callShapesOf({ inbound_nodes: nodes, build_config: built }: JsonObject) {
  const calls = (Array.isArray(nodes) ? nodes : []).map((node: Json) => {
    const { args } = isObject(node) ? node : {};
    return shapesIn(Array.isArray(args) ? (args[0] as Json) : null);
  });
  const known = calls.filter((shapes) => shapes.length > 0);
  if (known.length > 0) return known;
  const shape = isObject(built) ? built['input_shape'] : undefined;
  if (!Array.isArray(shape)) return [];
  return [Array.isArray(shape[0]) ? (shape as Shape[]) : [shape as Shape]];
}

/** Returns the shapes of the tensors in a list or tuple, or of a single one. */
function shapesIn(json: Json): Shape[] {
  if (Array.isArray(json)) return json.flatMap(shapesIn);
  if (!isObject(json)) return [];
  const { class_name: className, config, items } = json;
  if (className === '__tuple__') return shapesIn(items ?? null);
  const shape = isObject(config) ? config['shape'] : undefined;
  return Array.isArray(shape) ? [shape as Shape] : [];
}

/** Returns a model's inputs or outputs: one tensor, or lists or dictionaries of them. */
export function endsOf(where: string, json: Json | undefined): Inbound[] {
  if (Array.isArray(json)) {
    const [name, call, tensor] = json as readonly Json[];
    if (json.length === 3 && typeof name === 'string') {
      if (Number.isSafeInteger(call) && Number.isSafeInteger(tensor)) {
        return [[name, call as number, tensor as number]];
      }
    } else {
      return json.flatMap((part: Json) => endsOf(where, part));
    }
  } else if (isObject(json)) {
    // In the order in which Keras flattens a dictionary.
    const keys = Object.keys(json).sort();
    return keys.flatMap((key) => endsOf(where, json[key]));
  }
  throw badKerasConfig(`inputs and outputs of ${where}`, 'lists of layers', json);
}
