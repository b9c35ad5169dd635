import { getBackend } from '@tensorflow/tfjs-core';
import { badKerasConfig, noCounterpart, noCounterpartClass } from '../../errors';
import { carryOptions, type Place } from './carry';
import {
  called,
  isObject,
  type Known,
  knownToKeras,
  type Serialized,
  serialized,
} from './carryClass';
import { directionFrom } from './codecs';
import { type Inbound, inOrderOfMaking, layerNames } from './graph';
import { callShapesOf, endsOf, keyOf, tensorsIn } from './kerasTensors';
import { type ClassEntry, isDictionary, type Json, type JsonObject, TABLE } from './layerTable';
import { checkMaskedOn, isMaskOperation, maskedOutput } from './masks';
import { withoutRepeats, withoutTwins } from './repeats';
import { alsoInWrapper, placeOf, type Share, type Shares, sharesOf } from './sharedLayers';

/** Models that contain layers: in Keras, with their names in tfjs. */
const CONTAINERS: Readonly<Record<string, { module: RegExp; read: typeof functional }>> = {
  Functional: { module: /^keras(\.src)?(\.models(\.functional)?)?$/, read: functional },
  Sequential: { module: /^keras(\.src)?(\.models(\.sequential)?)?$/, read: sequential },
};

/** A model in the form that tfjs-layers loads. */
export interface Topology {
  readonly json: JsonObject;
  /** Whether its output is masked. */
  readonly isMasked: boolean;
}

/**
 * Returns the topology that tfjs-layers loads for a model saved by Keras 3.
 *
 * @param json the archive's config.json
 * @throws SAE_FILE if it is not such a model, or has a layer or an option that tfjs would compute
 *   differently.
 */
export function tfjsTopology(json: Json): Topology {
  const given = serialized('config.json', json);
  const isMasked = maskedOutput(json);
  checkMaskedOn(getBackend(), json);
  refuseInWrapper(given.json);
  const shares = sharesOf(given.json, isSharedInKeras);
  const seen = { parts: 0, layers: new Map() };
  const root = model(given, { frozen: false, seen, shares });
  if (root !== undefined) return { json: root.json, isMasked };
  const received = called(given);
  const advice = 'Save it as a Sequential or a functional model: code of a subclass cannot travel.';
  throw noCounterpartClass('models', received, advice);
}

/**
 * @throws SAE_UNSUPPORTED for a layer that is also wrapped in another: tfjs would create a new one
 *   there.
 */
function refuseInWrapper(root: JsonObject): void {
  const shared = alsoInWrapper(root, isSharedInKeras);
  if (shared === undefined) return;
  const received = `${called(serialized('a layer', shared))}, which stands within another layer and elsewhere too`;
  throw noCounterpartClass('layers', received, 'Give each place a layer of its own.');
}

/** The context of a layer in a file. */
interface Context {
  /** Whether a model around it is frozen, which freezes it too. */
  readonly frozen: boolean;
  readonly seen: {
    /** The number of layers and calls so far, in the whole file. */
    parts: number;
    /** Shared layers, by what their places have in common. */
    readonly layers: Map<string, Carried>;
  };
  readonly shares: Shares;
}

/**
 * Compares two places: Keras marks the later places of a layer, and the first one only if it can
 * load the file.
 */
const isSharedInKeras = (first: JsonObject, { shared_object_id: id = null }: JsonObject): boolean =>
  id !== null && (first['shared_object_id'] ?? id) === id;

/** The most layers, and calls of them. tfjs takes quadratic time for some operations. */
const MOST_PARTS = 3000;
/**
 * The most calls with nested models unfolded as often as they are called, since tfjs unfolds them.
 */
const MOST_CALLS = 10_000;

/** @throws SAE_FILE for more than a model may have. */
function count({ seen }: Context, more: number): void {
  seen.parts += more;
  if (seen.parts <= MOST_PARTS) return;
  throw badKerasConfig('a model', `one of at most ${MOST_PARTS} layers and calls`, seen.parts);
}

function checkCalls(calls: number): number {
  if (calls <= MOST_CALLS) return calls;
  const advice = `one of at most ${MOST_CALLS} calls of layers, nested ones unfolded`;
  throw badKerasConfig('a model', advice, calls);
}

/** A layer or a model in tfjs's form. */
interface Carried {
  readonly json: JsonObject;
  /** Whether it is a model in tfjs, which counts its own creation as its first call. */
  readonly isModel: boolean;
  /** Whether it is one in Keras, whose own models of layers do the same if they are outputs. */
  readonly countsItself: boolean;
  /** The number of layer calls in one call of it. */
  readonly calls: number;
  readonly entry?: ClassEntry;
  /** What it has in common with its other places. */
  readonly share?: Share;
}

/** A model's topology, and the number of layer calls in it. */
interface Unfolded {
  readonly json: JsonObject;
  readonly calls: number;
}

function model(given: Serialized, context: Context): Carried | undefined {
  const { className, json } = given;
  const container = Object.hasOwn(CONTAINERS, className) ? CONTAINERS[className] : undefined;
  const registered = json['registered_name'] ?? className;
  if (
    container &&
    registered === className &&
    container.module.test(String(json['module'] ?? 'keras'))
  ) {
    const countsItself = className === 'Functional';
    return { ...container.read(given, context), isModel: true, countsItself };
  }
  if (!isDictionary(className)) return undefined;
  const known = knownToKeras('models', [TABLE.dictionaries], given);
  return {
    json: withOptions(known, given, context),
    isModel: true,
    countsItself: false,
    calls: 1,
    entry: known.entry,
  };
}

/** Converts a layer, or one of its places if it has several. */
function layer(json: Json, context: Context, place: string): Carried {
  const share = context.shares.get(json);
  if (share === undefined) return layerAlone(json, context, place);
  const { layers } = context.seen;
  const carried = layers.get(share.id) ?? layerAlone(json, context, place);
  const shared = { ...carried, share };
  layers.set(share.id, shared);
  return { ...shared, json: placeOf(carried.json, share), isModel: false };
}

function layerAlone(json: Json, context: Context, place: string): Carried {
  count(context, 1);
  const given = serialized(place, json);
  const asModel = model(given, context);
  if (asModel) return asModel;
  const known = knownToKeras('layers', [TABLE.layers], given);
  const carried = withOptions(known, given, context);
  return { json: carried, isModel: false, countsItself: false, calls: 1, entry: known.entry };
}

function withOptions({ tfjs, entry }: Known, given: Serialized, context: Context): JsonObject {
  const calls = callShapesOf(given.json);
  const place: Place = { object: called(given), calls };
  checkDtype(given, place);
  const backend = getBackend();
  if (entry.wrong_on?.includes(backend)) {
    const advice = `tfjs computes it wrongly on ${backend}: load it on another, by tf.setBackend.`;
    throw noCounterpartClass('layers', called(given), advice);
  }
  const ranks = new Set(calls.flat().map(({ length }) => length));
  const other = ranks.size === 1 ? entry.of_rank?.[`${[...ranks][0]}`] : undefined;
  if (other === undefined) checkRanks(entry, place);
  const { name, trainable } = given.config;
  const frozen = context.frozen || trainable === false;
  const inner = (json: Json, { object }: Place) =>
    layer(json, { ...context, frozen }, `the layer in ${object}`).json;
  const options = carryOptions(entry, given.config, directionFrom('keras', inner), place);
  const state: JsonObject = frozen ? { trainable: false } : {};
  const own: JsonObject = { ...(name == null ? {} : { name }), ...state };
  return other === undefined
    ? { class_name: tfjs, config: { ...options, ...own } }
    : { class_name: other.tfjs, config: { ...other.config, ...own } };
}

/**
 * Checks ranks: tfjs would report a wrong one when it builds the model, or only when that predicts.
 */
function checkRanks({ ranks }: ClassEntry, { object, calls = [] }: Place): void {
  if (ranks === undefined) return;
  const [fewest, most] = ranks;
  const other = calls.flat().find(({ length }) => length < fewest || length > most);
  if (other === undefined) return;
  const advice = `tfjs takes tensors of rank ${fewest} to ${most} there: reshape them before.`;
  throw noCounterpart(object, 'an input of rank', other.length, advice);
}

/**
 * Checks the dtype: tfjs computes in float32, whatever the policy; one for integers is a different
 * computation.
 */
function checkDtype({ config, className }: Serialized, { object }: Place): void {
  if (className === 'InputLayer') return;
  const { dtype = null } = config;
  const policy = isObject(dtype) ? (dtype['config'] as JsonObject | undefined)?.['name'] : dtype;
  if (policy == null || /^(mixed_)?b?float(16|32|64)$/.test(String(policy))) return;
  throw noCounterpart(object, 'dtype', dtype, 'Save it in a floating-point type.');
}

function layersOf({ config }: Serialized, context: Context): readonly Json[] {
  const { layers } = config;
  if (Array.isArray(layers)) {
    // Each is counted when it is read, even if it is not needed.
    if (layers.length > MOST_PARTS) count(context, layers.length);
    return layers as readonly Json[];
  }
  throw badKerasConfig('the layers of a model', 'a list', layers);
}

function sequential(given: Serialized, context: Context): Unfolded {
  const { name = null, build_input_shape: shape } = given.config;
  const within = { ...context, frozen: context.frozen || given.config['trainable'] === false };
  const carried = layersOf(given, context).map((json) =>
    layer(json, within, `a layer of ${called(given)}`),
  );
  const layers = carried.map(({ json }) => json);
  layerNames(called(given), layers);
  // Keras writes an input layer only if the model was given one.
  const first = layers[0]?.['class_name'];
  const input: JsonObject[] =
    Array.isArray(shape) && first !== undefined && first !== 'InputLayer'
      ? [{ class_name: 'InputLayer', config: { batch_input_shape: shape, name: `${name}_input` } }]
      : [];
  const calls = carried.reduce((sum, one) => sum + one.calls, 0);
  return {
    json: { class_name: 'Sequential', config: { name, layers: [...input, ...layers] } },
    calls: checkCalls(calls),
  };
}

function functional(given: Serialized, context: Context): Unfolded {
  const { name = null, input_layers: inputs, output_layers: outputs } = given.config;
  const within = { ...context, frozen: context.frozen || given.config['trainable'] === false };
  const where = called(given);
  const all = layersOf(given, context);
  const masks = new Set(
    all.filter(isMaskOperation).map((json) => String((json as JsonObject)['name'])),
  );
  const list = all.filter((json) => !isMaskOperation(json));
  const layers = list.map((json) => layer(json, within, `a layer of ${where}`));
  const names = layerNames(
    where,
    layers.map(({ json }) => json),
  );
  const isModel = new Map(names.map((own, i) => [own, layers[i]?.isModel === true]));
  const countsItself = new Map(names.map((own, i) => [own, layers[i]?.countsItself === true]));
  const nodes = list.map((json, i) => {
    const { inbound_nodes: inbound } = json as JsonObject;
    if (!Array.isArray(inbound)) {
      throw badKerasConfig(`inbound_nodes of "${names[i]}"`, 'a list', inbound);
    }
    count(context, inbound.length);
    const { entry, share } = layers[i] as Carried;
    const { ignored = [] } = entry ?? {};
    const extraInputs = share ? undefined : entry?.extra_inputs;
    return inbound.map((node: Json) =>
      tensorsIn(`"${names[i]}"`, node, { extraInputs, ignored, masks }).map(
        // tfjs counts the creation of a model as its first call, Keras does not.
        ([from, call, tensor]): Inbound => [from, call + (isModel.get(from) ? 1 : 0), tensor],
      ),
    );
  });
  const end = (json: Json | undefined) =>
    endsOf(where, json).map(([from, call, tensor]): Inbound => {
      const shift = (isModel.get(from) ? 1 : 0) - (countsItself.get(from) ? 1 : 0);
      return [from, call + shift, tensor];
    });
  const shared = new Set(names.filter((_, i) => layers[i]?.share !== undefined));
  const ownCalls = countedFromFirst(shared, [...nodes.flat(), end(outputs)]);
  const asCalled = {
    names,
    isModel,
    nodes: nodes.map((calls) => calls.map(ownCalls)),
    inputs: end(inputs),
    outputs: ownCalls(end(outputs)),
  };
  refuseTwice(where, asCalled.inputs);
  const { again, ...once } = withoutRepeats(withoutTwins(asCalled, lastOnly(layers)));
  const graph = inOrderOfMaking(where, once);
  const calls = layers.reduce((sum, one, i) => sum + one.calls * (nodes[i]?.length || 1), 0);
  const listed = [...layers.map(({ json }) => json), ...again].map((json, i) => ({
    ...json,
    name: graph.names[i] as string,
    inbound_nodes: (graph.nodes[i] ?? []).map((node) => node.map((from) => [...from, {}])),
  }));
  const config = {
    name,
    // In the order in which they can be created: otherwise tfjs would go over them again and again.
    layers: graph.order.map((i) => listed[i] as JsonObject),
    input_layers: graph.inputs,
    output_layers: graph.outputs,
  };
  return { json: { class_name: 'Functional', config }, calls: checkCalls(calls) };
}

/**
 * Numbers the calls of shared layers within a model from 0. Keras saves numbers that include calls
 * in other models, and cannot load them. Each call is used somewhere, so the lowest number is the
 * first.
 */
function countedFromFirst(
  shared: ReadonlySet<string>,
  used: readonly (readonly Inbound[])[],
): (tensors: readonly Inbound[]) => readonly Inbound[] {
  const first = new Map<string, number>();
  for (const [from, call] of used.flat()) {
    if (shared.has(from)) first.set(from, Math.min(first.get(from) ?? call, call));
  }
  return (tensors) =>
    tensors.map(([from, call, tensor]) => [from, call - (first.get(from) ?? 0), tensor]);
}

/** Returns the names of recurrent layers that output their last step and their states. */
const lastOnly = (layers: readonly Carried[]): ReadonlySet<string> =>
  new Set(
    layers.flatMap(({ json }) => {
      const { name, return_state: states, return_sequences: all } = json['config'] as JsonObject;
      return states === true && all !== true ? [String(name)] : [];
    }),
  );

/** @throws SAE_UNSUPPORTED for a tensor that is an input twice, which tfjs has no name for. */
function refuseTwice(where: string, inputs: readonly Inbound[]): void {
  const keys = inputs.map(keyOf);
  const second = inputs.find((input, i) => keys.indexOf(keyOf(input)) < i);
  if (second === undefined) return;
  const advice = 'tfjs feeds each input once: give the model each of them once.';
  throw noCounterpart(where, 'the same input twice', second[0], advice);
}
