import type { LayersModel, layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { badContent, badKerasConfig, noCounterpart, noCounterpartClass } from '../../errors';
import type { SparseAutoencoderLayer } from '../../layers/sparseAutoencoder';
import { carryOptions, type Place, type Shape } from './carry';
import { called, isObject, knownToTfjs, type Serialized, serialized } from './carryClass';
import { directionFrom, kerasObject } from './codecs';
import { layerNames } from './graph';
import { dictionaryOfLayer, isFunctional, sharedIn } from './kerasClasses';
import { SharedLayer } from './layers/sharedLayer';
import { type ClassEntry, type Json, type JsonObject, TABLE } from './layerTable';

/** The floating-point types that Keras computes in. */
export type KerasDtype = 'float16' | 'bfloat16' | 'float32' | 'float64';

/** What is the same for all layers. */
interface Context {
  readonly dtype: KerasDtype;
  /** Shared layers as they were first written, with their calls in finished models. */
  readonly shared: Map<string, { readonly json: JsonObject; calls: number }>;
}

const FUNCTIONAL = { module: 'keras.src.models.functional', registered_name: 'Functional' };
const SEQUENTIAL = { module: 'keras' };
const INPUT = 'InputLayer';

/**
 * Returns the config.json that Keras 3 would write for a model of tfjs-layers.
 *
 * @param topology the topology in tfjs's model.json
 * @param model the same model, built: shapes are taken from it
 * @param dtype the type that Keras will compute in
 * @throws SAE_FILE for a layer or an option that Keras would compute differently.
 */
export function kerasConfig(topology: Json, model: LayersModel, dtype: KerasDtype): JsonObject {
  const given = serialized('modelTopology', topology);
  return layer(given, model, { dtype, shared: new Map() });
}

/**
 * Checks the names in a topology, before tfjs fails on one while building the model.
 *
 * @throws SAE_FILE for a name that tfjs or Keras does not accept.
 */
export function checkNames(topology: Json): void {
  const given = serialized('modelTopology', topology);
  const { layers: list = null, layer: inner = null } = given.config;
  if (list !== null) for (const { json } of layersOf(given)) checkNames(json);
  if (inner !== null) checkNames(inner);
}

/** @param place where the layer is called; the layer itself unless it is shared */
function layer(
  given: Serialized,
  object: layers.Layer,
  context: Context,
  place: layers.Layer = object,
): JsonObject {
  const { className } = given;
  if (className === SharedLayer.className) return placeOfShared(given, object, context);
  if (className === 'Sequential') return sequential(given, object as LayersModel, context);
  if (isFunctional(className)) return functional(given, object as LayersModel, context);
  const dictionary = dictionaryOfLayer(className);
  return dictionary === undefined
    ? ofClass(given, object, context, place)
    : asDictionary(given, dictionary, object as SparseAutoencoderLayer, context);
}

/**
 * Writes one use of a layer that is used in several places. Keras treats those with one id as one
 * object: it creates it at the first, and counts the calls of all.
 */
function placeOfShared(given: Serialized, place: layers.Layer, context: Context): JsonObject {
  const { share = null, layer: inner } = given.config;
  const known = context.shared.get(String(share));
  if (known) return known.json;
  const one = serialized(`the layer in ${called(given)}`, inner);
  const json = {
    ...layer(one, sharedIn(place), context, place),
    shared_object_id: context.shared.size + 1,
  };
  context.shared.set(String(share), { json, calls: 0 });
  return json;
}

function ofClass(
  given: Serialized,
  object: layers.Layer,
  context: Context,
  at: layers.Layer = object,
): JsonObject {
  const { dtype } = context;
  const sections = [TABLE.dictionaries, TABLE.layers];
  const { keras, entry } = knownToTfjs('layers', sections, given);
  const calls = at.inboundNodes.map(({ inputShapes }) => inputShapes as Shape[]);
  const place: Place = { object: called(given), calls };
  const direction = directionFrom('tfjs', (json, { object: where }) =>
    layer(serialized(`the layer in ${where}`, json), partOf(object, entry), context),
  );
  const options = carryOptions(entry, given.config, direction, place);
  const { name = null, trainable = true } = given.config;
  // Some Keras layers without weights do not accept it.
  const frozen = trainable === false && object.weights.length > 0;
  const own = {
    name,
    ...(given.className === INPUT ? {} : { dtype }),
    ...(frozen ? { trainable: false } : {}),
  };
  const registered = entry.registered_name;
  const shape = registered === undefined ? undefined : builtFor(at);
  return {
    ...kerasObject(
      keras,
      { ...own, ...options },
      registered === undefined ? { module: 'keras.layers' } : entry,
    ),
    // Without it Keras considers a model never built, and drops its optimizer's state.
    ...(shape ? { build_config: { input_shape: shape } } : {}),
  };
}

/** Returns the layer inside a wrapper layer; of several cells the first, which is not consulted. */
function partOf(object: layers.Layer, { parts = {} }: ClassEntry): layers.Layer {
  const [property = ''] = Object.values(parts);
  const part = (object as unknown as Record<string, layers.Layer | layers.Layer[]>)[property];
  return (Array.isArray(part) ? part[0] : part) as layers.Layer;
}

const builtFor = (object: layers.Layer): Json =>
  [object.inboundNodes[0]?.inputTensors[0] ?? (object as LayersModel).inputs?.[0]].flatMap(
    (tensor) => (tensor?.shape as (number | null)[]) ?? [],
  );

/** Writes a dictionary's layer as the corresponding Python model. */
function asDictionary(
  given: Serialized,
  dictionary: string,
  object: SparseAutoencoderLayer,
  context: Context,
): JsonObject {
  const { returns = 'reconstruction', ...config } = given.config;
  if (returns !== 'reconstruction') {
    const advice = `Python's ${dictionary} hands its reconstruction on.`;
    throw noCounterpart(called(given), 'returns', returns, advice);
  }
  const options = { ...config, input_dim: object.inputDim };
  return ofClass({ ...given, className: dictionary, config: options }, object, context);
}

function layersOf(given: Serialized): readonly Serialized[] {
  const { layers: list } = given.config;
  if (given.name?.includes('/')) {
    const advice = 'Make the model with another name.';
    throw badContent('a name of a model without /', JSON.stringify(given.name), advice);
  }
  if (!Array.isArray(list)) throw badKerasConfig('the layers of a model', 'a list', list);
  const all = list.map((json: Json) => serialized(`a layer of ${called(given)}`, json));
  layerNames(
    called(given),
    all.map(({ json }) => json),
  );
  return all;
}

function sequential(given: Serialized, model: LayersModel, context: Context): JsonObject {
  const list = layersOf(given);
  const byName = new Map(model.layers.map((object) => [object.name, object]));
  const shared = list.find(({ className }) => className === SharedLayer.className);
  if (shared !== undefined) {
    const received = `"${shared.name}", which stands in other models too, in ${called(given)}`;
    const advice = 'Keras calls layers of a Sequential more often as it loads: make it functional.';
    throw noCounterpartClass('layers', received, advice);
  }
  const carried = list.map((one) =>
    layer(one, byName.get(String(one.name)) as layers.Layer, context),
  );
  const first = list[0];
  const input: Json[] = [];
  if (first !== undefined && first.className !== INPUT) {
    const shape = model.inputs[0]?.shape;
    if (shape) {
      const name = `${first.name}_input`;
      const dtype = model.inputs[0]?.dtype ?? 'float32';
      const config = { batch_shape: shape as Json, dtype, name };
      input.push(kerasObject(INPUT, config, { module: 'keras.layers' }));
    }
  }
  const { name = null } = given.config;
  const config = { name, trainable: true, dtype: context.dtype, layers: [...input, ...carried] };
  return kerasObject('Sequential', config, SEQUENTIAL);
}

function functional(given: Serialized, model: LayersModel, context: Context): JsonObject {
  const list = layersOf(given);
  const byName = new Map(model.layers.map((object) => [object.name, object]));
  const objectOf = (name: Json | undefined): layers.Layer => {
    const found = typeof name === 'string' ? byName.get(name) : undefined;
    if (found) return found;
    throw badKerasConfig(`a tensor in ${called(given)}`, 'that of a layer', name);
  };
  const written = list.map((one) => layer(one, objectOf(one.name), context));
  /**
   * The calls of a shared layer before those in this model, which Keras creates after those of
   * nested models.
   */
  const before = new Map(
    list.map(({ name, className, config }) => {
      const isShared = className === SharedLayer.className;
      return [name, isShared ? (context.shared.get(String(config['share']))?.calls ?? 0) : 0];
    }),
  );
  const carried = list.map((one, i) => {
    const { inbound_nodes: nodes } = one.json;
    const object = sharedIn(objectOf(one.name));
    const json = written[i] as JsonObject;
    const shared = context.shared.get(String(one.config['share']));
    if (object !== objectOf(one.name) && shared)
      shared.calls += Array.isArray(nodes) ? nodes.length : 0;
    const { entry = undefined } = isModel(object)
      ? {}
      : knownToTfjs('layers', [TABLE.layers, TABLE.dictionaries], {
          ...one,
          className: dictionaryOfLayer(object.getClassName()) ?? object.getClassName(),
        });
    return {
      ...json,
      name: one.name as string,
      inbound_nodes: (Array.isArray(nodes) ? nodes : []).map((node: Json) =>
        call(node, one, entry),
      ),
    };
  });

  /** Writes one call of a layer in Keras's form. */
  function call(node: Json, one: Serialized, entry: ClassEntry | undefined): JsonObject {
    const tensors = (Array.isArray(node) ? node : []).map((from: Json) => {
      const [name = null, index = 0, tensor = 0, kwargs = {}] = (from ?? []) as readonly Json[];
      if (isObject(kwargs)) {
        for (const [option, value] of Object.entries(kwargs)) {
          if (!value) continue;
          const advice = 'Call the layer with its inputs only.';
          throw noCounterpart(called(one), option, value, advice);
        }
      }
      const source = objectOf(name);
      const symbolic = source.inboundNodes[Number(index)]?.outputTensors[Number(tensor)];
      const calls = Number(index) - (isModel(source) ? 1 : 0) + (before.get(source.name) ?? 0);
      const history = [name, calls, tensor];
      return kerasTensor(called(one), symbolic, history);
    });
    const [first = null, ...others] = tensors;
    if (others.length === 0) return { args: [first], kwargs: {} };
    const extra = entry?.extra_inputs;
    return extra === undefined
      ? { args: [tensors], kwargs: {} }
      : { args: [first], kwargs: { [extra]: others } };
  }

  const ends = (json: Json | undefined): Json => {
    const list = (Array.isArray(json) ? json : []).map((end: Json) => {
      const [name = null, index = 0, tensor = 0] = (end ?? []) as readonly Json[];
      const source = objectOf(name);
      // Keras counts the creation of a functional model where it is an input or output of another.
      const isCounted = isFunctional(sharedIn(source).getClassName());
      const shift = (isModel(source) ? 1 : 0) - (isCounted ? 1 : 0);
      return [name, Number(index) - shift + (before.get(source.name) ?? 0), tensor];
    });
    // A list of one element would make Keras output a list of one.
    return list.length === 1 ? (list[0] as Json) : list;
  };

  const { name = null, input_layers: inputs, output_layers: outputs } = given.config;
  const config = {
    name,
    trainable: true,
    layers: carried,
    input_layers: ends(inputs),
    output_layers: ends(outputs),
  };
  return kerasObject('Functional', config, FUNCTIONAL);
}

/** Returns whether tfjs counts its creation as its first call. */
const isModel = (object: layers.Layer): boolean => Array.isArray((object as LayersModel).layers);

function kerasTensor(
  where: string,
  tensor: SymbolicTensor | undefined,
  history: readonly Json[],
): JsonObject {
  if (tensor === undefined) {
    throw badKerasConfig(`an input of ${where}`, "a layer's output", history);
  }
  const { shape, dtype } = tensor;
  return {
    class_name: '__keras_tensor__',
    config: { shape: shape as Json, dtype, keras_history: history },
  };
}
