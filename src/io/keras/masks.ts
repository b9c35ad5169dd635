import { badKerasConfig, noCounterpart, noCounterpartClass } from '../../errors';
import { called, isObject, type Serialized, serialized } from './carryClass';
import type { Inbound } from './graph';
import { endsOf, keyOf, tensorsOf } from './kerasTensors';
import { type Json, type JsonObject, kerasEntry, TABLE } from './layerTable';

/**
 * Masks, which both sides pass from layer to layer, but not through the same layers.
 *
 * tfjs and Keras agree on how a mask passes from an Embedding or a Masking layer through the layers
 * that the table marks, into recurrent ones. Masks that reach anything else are rejected.
 */

/** The operations that Keras adds to a graph as layers when a layer makes a mask. */
const OPERATIONS = ['NotEqual', 'Any'];

/** The origin of a mask: a tensor, and the value that is masked in it. */
type Origin = string;

/**
 * Returns whether a layer in a graph only computes a mask, which tfjs's layers do by themselves.
 */
export function isMaskOperation(json: Json): boolean {
  if (!isObject(json)) return false;
  const { module, class_name: className } = json;
  const isOperation = typeof module === 'string' && module.startsWith('keras.src.ops.');
  return isOperation && OPERATIONS.includes(className as string);
}

/** Returns the value that a layer masks; undefined if it masks nothing. */
function maskedValue({ className, config }: Serialized): Json | undefined {
  if (className === 'Masking') return config['mask_value'] ?? 0;
  return config['mask_zero'] === true ? 0 : undefined;
}

/** Finds the first object in Keras's JSON, itself or nested, for which a condition holds. */
function find(json: Json, isIt: (object: JsonObject) => boolean): JsonObject | undefined {
  if (isObject(json) && isIt(json)) return json;
  const parts = Array.isArray(json) ? json : isObject(json) ? Object.values(json) : [];
  for (const part of parts as readonly Json[]) {
    const found = find(part, isIt);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Returns whether a layer computes differently with a mask in tfjs, as recurrent ones do. */
const usesMasks = ({ class_name: className }: JsonObject) =>
  kerasEntry(TABLE.layers, String(className))?.mask === 'uses';

/** Returns whether there is a mask anywhere in Keras's JSON. */
const hasMasks = (json: Json) =>
  find(json, (o) => o['mask_zero'] === true || o['class_name'] === 'Masking') !== undefined;

/**
 * Follows the masks through a model.
 *
 * @param json its configuration, as Keras writes it
 * @returns whether its output is masked: Keras excludes masked steps from a loss, tfjs does not.
 * @throws SAE_FILE, or SAE_UNSUPPORTED for a mask that tfjs would propagate differently.
 */
export function maskedOutput(json: Json): boolean {
  if (!hasMasks(json)) return false;
  refuseZeros(json);
  return ofModel(serialized('config.json', json));
}

/** The backend that wrongly transposes booleans to zeros, which recurrent layers do with masks. */
const WRONG_ON = 'webgpu';

/**
 * Rejects masks that a recurrent layer may use, if tfjs computes them wrongly.
 *
 * @param backend the tfjs backend that the model will use
 * @throws SAE_UNSUPPORTED for a model with masks and such a layer on that backend.
 */
export function checkMaskedOn(backend: string, json: Json): void {
  if (backend !== WRONG_ON || !hasMasks(json)) return;
  const layer = find(json, usesMasks);
  if (layer === undefined) return;
  const advice = `tfjs takes every step for masked on ${WRONG_ON}: load it on another, by tf.setBackend.`;
  throw noCounterpartClass('layers', `masks and ${layer['class_name']}`, advice);
}

const isModel = ({ className }: Serialized) =>
  className === 'Sequential' || className === 'Functional';

function ofModel(model: Serialized): boolean {
  const { layers } = model.config;
  if (!Array.isArray(layers)) return false;
  const all = layers.map((json: Json) => serialized(`a layer of ${called(model)}`, json));
  if (model.className === 'Functional') return inGraph(model, all);
  let origin: Origin | undefined;
  let wasMasked = false;
  for (const layer of all) {
    if (wasMasked && origin === undefined && heedsMasks(layer.json)) throw stale(layer);
    origin = behind(layer, [origin], 'the step before');
    wasMasked ||= origin !== undefined;
  }
  return origin !== undefined;
}

/**
 * Returns the mask of a layer's output.
 *
 * @param origins the masks of its inputs
 * @param input a name for its first input
 */
function behind(
  layer: Serialized,
  origins: readonly (Origin | undefined)[],
  input: string,
): Origin | undefined {
  const value = maskedValue(layer);
  if (value !== undefined) return `${input} ${JSON.stringify(value)}`;
  const origin = origins.find((one) => one !== undefined);
  if (isModel(layer)) {
    if (origin === undefined && !ofModel(layer)) return undefined;
    throw refused(layer);
  }
  if (hasMasks(layer.config)) throw refused(layer);
  if (origin === undefined) return undefined;
  const { mask } = kerasEntry(TABLE.layers, layer.className) ?? {};
  if (mask === undefined || origins.length > 1) throw refused(layer);
  return mask === 'passes' || returnsSequences(layer.config) ? origin : undefined;
}

function returnsSequences(config: JsonObject): boolean {
  const { layer } = config;
  const inner = isObject(layer) ? layer['config'] : undefined;
  return (isObject(inner) ? inner : config)['return_sequences'] === true;
}

function refused(layer: Serialized) {
  const advice = 'tfjs hands masks on otherwise there: let a recurrent layer end it before.';
  return noCounterpartClass('layers', `a mask at ${called(layer)}`, advice);
}

/** Returns whether a layer, or one within it, computes differently with a mask in tfjs. */
const heedsMasks = (json: Json) =>
  find(json, (o) => usesMasks(o) || o['class_name'] === 'Softmax') !== undefined;

function stale(layer: Serialized) {
  const advice = 'tfjs gives it the mask of layers before it: mask its input as well, or none.';
  return noCounterpartClass('layers', `${called(layer)} beside masked ones`, advice);
}

/** @throws SAE_UNSUPPORTED for a layer without a mask that tfjs may run after a masked one. */
function refuseStale(calls: readonly Call[], origins: Map<string, Origin>): void {
  if (origins.size === 0) return;
  // The sources of a masked tensor are computed before it.
  const before = new Set<string>();
  const waiting = calls.filter(({ key }) => origins.has(key));
  for (let call = waiting.pop(); call !== undefined; call = waiting.pop()) {
    for (const [name, number] of call.inputs) {
      const key = `${name} ${number}`;
      if (before.has(key)) continue;
      before.add(key);
      waiting.push(...calls.filter((other) => other.key === key));
    }
  }
  for (const { layer, key, inputs } of calls) {
    const isMasked = inputs.some(([name, number]) => origins.has(`${name} ${number}`));
    const isAfter = !before.has(key) || origins.has(key);
    if (!isMasked && isAfter && heedsMasks(layer.json)) throw stale(layer);
  }
}

/** One call of a layer in a graph. */
interface Call {
  readonly layer: Serialized;
  /** Its name and number. */
  readonly key: string;
  readonly inputs: readonly Inbound[];
  /** The operation that gives it a mask explicitly. */
  readonly mask: string | undefined;
}

function inGraph(model: Serialized, all: readonly Serialized[]): boolean {
  const isOperation = ({ json }: Serialized) => isMaskOperation(json);
  const calls = all.filter((layer) => !isOperation(layer)).flatMap(callsOf);
  const operations = originsOf(all.filter(isOperation));
  const origins = new Map<string, Origin>();
  const at = ([name, call]: Inbound) => origins.get(`${name} ${call}`);
  for (let before = -1; before !== origins.size; ) {
    before = origins.size;
    for (const { layer, key, inputs } of calls) {
      const [first] = inputs;
      const origin = behind(layer, inputs.map(at), first ? keyOf(first) : key);
      if (origin !== undefined) origins.set(key, origin);
    }
  }
  for (const { layer, inputs, mask } of calls) {
    const [first] = inputs;
    if (mask !== undefined && (first === undefined || at(first) !== operations.get(mask))) {
      const advice = 'tfjs gives a layer the mask of its input only.';
      throw noCounterpart(called(layer), 'mask', mask, advice);
    }
  }
  refuseStale(calls, origins);
  const { output_layers: outputs } = model.config;
  return endsOf(called(model), outputs).some((end) => at(end) !== undefined);
}

function callsOf(layer: Serialized): Call[] {
  const { inbound_nodes: nodes } = layer.json;
  return (Array.isArray(nodes) ? nodes : []).map((node: Json, i) => {
    const { args, kwargs } = isObject(node) ? node : {};
    const { mask = null, ...others } = isObject(kwargs) ? kwargs : {};
    const given = [...(Array.isArray(args) ? args : []), ...Object.values(others)] as Json[];
    return {
      layer,
      key: `${layer.name} ${i}`,
      inputs: given.flatMap((json) => tensorsOf(json) ?? []),
      mask: tensorsOf(mask)?.[0]?.[0],
    };
  });
}

/** Returns the origins of the masks that operations compute. */
function originsOf(operations: readonly Serialized[]): Map<string, Origin> {
  const origins = new Map<string, Origin>();
  for (const operation of operations) {
    const { className, name, json } = operation;
    const [node = null] = (json['inbound_nodes'] ?? []) as readonly Json[];
    const { args } = isObject(node) ? node : {};
    const [tensor = null, value = null] = (Array.isArray(args) ? args : []) as readonly Json[];
    const [input] = tensorsOf(tensor) ?? [];
    if (name === undefined || input === undefined) {
      throw badKerasConfig(`${className} in a graph`, 'an operation on a tensor', json);
    }
    // Any reduces the values of a step: its mask is that of its input.
    const origin =
      className === 'Any' ? origins.get(input[0]) : `${keyOf(input)} ${JSON.stringify(value)}`;
    if (origin !== undefined) origins.set(name, origin);
  }
  return origins;
}

/** @throws SAE_UNSUPPORTED if Keras would output zeros for masked steps. */
function refuseZeros(json: Json): void {
  const layer = find(json, (o) => o['zero_output_for_mask'] === true);
  if (layer === undefined) return;
  const advice = 'tfjs repeats the last output where a step is masked.';
  throw noCounterpart(String(layer['name']), 'zero_output_for_mask', true, advice);
}
