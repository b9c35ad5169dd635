import { badKerasConfig, noCounterpart } from '../../errors';
import { axisCodecs } from './axes';
import type { CarryValue, Direction, Place, Shape, Side } from './carry';
import { carryClass, isObject } from './carryClass';
import {
  type Codec,
  type Json,
  type JsonObject,
  kerasName,
  type Section,
  TABLE,
  tfjsName,
} from './layerTable';
import { pythonFloat } from './pythonJson';

/** Converts a layer that is nested in another. */
export type CarryLayer = (json: Json, place: Place) => JsonObject;

const isNumber = (value: Json): value is number => typeof value === 'number';
const asIs: CarryValue = (value) => value;
const kerasFloat: CarryValue = (value) => (isNumber(value) ? pythonFloat(value) : value);
const leftOut: CarryValue = () => undefined;

const checked =
  (expected: string, accepts: (value: Json) => boolean): CarryValue =>
  (value, { object }) => {
    if (accepts(value)) return value;
    throw badKerasConfig(`an option of ${object}`, expected, value);
  };

const isNumbers = (value: Json): boolean =>
  isNumber(value) || (Array.isArray(value) && value.every(isNumbers));
const NUMBERS = checked('numbers or null', (value) => value === null || isNumbers(value));
const NUMBER_OR_NULL = checked('a number or null', (v) => v === null || isNumber(v));

const orNone: CarryValue = (value, place, siblings) =>
  value === Number.POSITIVE_INFINITY ? null : NUMBER_OR_NULL(value, place, siblings);

/** The conversions that are the same in both directions. */
const ALIKE: Readonly<Partial<Record<Codec, CarryValue>>> = {
  value: asIs,
  numbers: (value, place, siblings) => {
    const { config = null } = isObject(value) && value['class_name'] === '__numpy__' ? value : {};
    return NUMBERS(isObject(config) ? (config['value'] ?? null) : value, place, siblings);
  },
  crop_size: (value, { object, calls = [] }, { width = null }) => {
    const sizes = calls.map(([shape = []]) => shape.slice(1, 3));
    const fits = (size: Shape) =>
      [value, width].every((own, i) => Number(own) <= Number(size[i] ?? 0));
    const small = sizes.find((size) => !fits(size));
    if (small === undefined) return value;
    const advice = `Crop images that are known to be as large; these are ${small.join('×')}.`;
    throw noCounterpart(object, 'height and width', [value, width], advice);
  },
  output_mode: (value, { object, calls = [] }) => {
    const areVectors = calls.every(([shape = []]) => shape.length <= 2);
    if (value === 'int' || value === 'one_hot' || areVectors) return value;
    const advice = 'Keras itself mixes up axes there: encode rows that are vectors.';
    throw noCounterpart(object, 'output_mode', value, advice);
  },
  bin_boundaries: (value, { object }) => {
    if (Array.isArray(value) && value.length > 0 && value.every(isNumber)) return value;
    throw noCounterpart(object, 'bin_boundaries', value, 'Adapt the layer in Python first.');
  },
  seed: (value) => (Number.isSafeInteger(value) ? value : null),
  finite_or_null: orNone,
  limit: (value, place, siblings) =>
    isNumber(value) && value <= 0 ? null : orNone(value, place, siblings),
  unused: leftOut,
  only_at_start: leftOut,
  only_here: leftOut,
};

/** Returns a class and its options in Keras's form. */
export const kerasObject = (
  className: string,
  config: JsonObject,
  { module, registered_name = null }: { module?: string; registered_name?: string | null },
): JsonObject => ({
  module: module ?? null,
  class_name: className,
  config,
  registered_name,
});

/** Returns a direction through the table; the two differ in how a nested layer is converted. */
export function directionFrom(from: Side, carryLayer: CarryLayer): Direction {
  const to: Side = from === 'keras' ? 'tfjs' : 'keras';
  const direction: Direction = {
    from,
    to,
    known: ['name', 'trainable', ...(from === 'tfjs' ? ['dtype', 'batch_input_shape'] : ['dtype'])],
    codecs: {
      ...(ALIKE as Record<Codec, CarryValue>),
      ...axisCodecs(from),
      activation: from === 'keras' ? tfjsActivation : kerasActivation,
      initializer: (value, place) => small('initializers', TABLE.initializers, value, place),
      regularizer: (value, place) => small('regularizers', TABLE.regularizers, value, place),
      input_dtype: (value, place) => inputDtype(value, place),
      float: from === 'keras' ? asIs : kerasFloat,
      learning_rate: (value, place, siblings) =>
        isNumber(value) ? direction.codecs.float(value, place, siblings) : schedule(value, place),
      layer: (value, place) => carryLayer(value, place),
      layers: (value, place) => {
        if (Array.isArray(value)) return value.map((layer: Json) => carryLayer(layer, place));
        throw badKerasConfig(`the layers of ${place.object}`, 'a list', value);
      },
      backward_layer: (value, place, siblings) => checkBackwardLayer(value, place, siblings),
    },
    made: { backward_layer: ({ layer }) => turnedRound(layer as JsonObject) },
  };

  function small(kind: string, section: Section, value: Json, place: Place): Json {
    if (value === null) return null;
    const { known, config } = carryClass(place, kind, section, value, direction);
    return to === 'tfjs'
      ? { class_name: known.tfjs, config }
      : kerasObject(known.keras, config, { module: `keras.${kind}` });
  }

  function schedule(value: Json, place: Place): Json {
    // tfjs stores the options of an optimizer in camelCase.
    const given = to === 'tfjs' ? value : withKerasKeys(value);
    const { known, config } = carryClass(place, 'schedules', TABLE.schedules, given, direction);
    return to === 'tfjs'
      ? { className: known.tfjs, config }
      : kerasObject(known.keras, config, known.entry);
  }

  return direction;
}

const withKerasKeys = (value: Json): Json => {
  const { className = null, config = {} } = (value ?? {}) as JsonObject;
  return { class_name: className, config };
};

const tfjsActivation: CarryValue = (value, place) => {
  const name =
    value === null
      ? 'linear'
      : typeof value === 'string'
        ? tfjsName(TABLE.activations, value)
        : undefined;
  if (name !== undefined) return name;
  const known = Object.keys(TABLE.activations).join(', ');
  throw noCounterpart(place.object, 'activation', value, `Use one of ${known}.`);
};

const kerasActivation: CarryValue = (value, place) => {
  const name = typeof value === 'string' ? kerasName(TABLE.activations, value) : 'linear';
  if (name !== undefined) return name;
  const known = Object.values(TABLE.activations).join(', ');
  throw noCounterpart(place.object, 'activation', value, `Use one of ${known}.`);
};

function inputDtype(value: Json, { object }: Place): Json {
  if (value === null) return 'float32';
  if (typeof value === 'string') {
    if (/^b?float(16|32|64)$/.test(value)) return 'float32';
    if (/^u?int(8|16|32|64)$/.test(value)) return 'int32';
    if (value === 'bool') return 'bool';
  }
  throw noCounterpart(object, 'dtype', value, 'Use inputs of numbers.');
}

/**
 * Checks the backward layer: tfjs reverses the first layer by itself; Keras may have been given
 * another one.
 */
function checkBackwardLayer(value: Json, { object }: Place, siblings: JsonObject): undefined {
  if (value === null) return undefined;
  const { class_name: forward, config: turned } = turnedRound(
    (siblings['layer'] ?? {}) as JsonObject,
  );
  const { class_name: backward, config: back } = value as JsonObject;
  if (forward !== backward || plain(turned as JsonObject) !== plain(back as JsonObject)) {
    throw noCounterpart(
      object,
      'backward_layer',
      backward ?? null,
      'tfjs has the same layer both ways: leave it out.',
    );
  }
  return undefined;
}

/**
 * Returns a Bidirectional's second layer, made from the first. Keras could make it by itself, but
 * then distinguishes the two by a memory address, which is sometimes that of an earlier object: the
 * file would not load every time.
 */
function turnedRound(layer: JsonObject): JsonObject {
  const config = (layer['config'] ?? {}) as JsonObject;
  const name = `backward_${String(config['name']).replace(/^forward_/, '')}`;
  return { ...layer, config: { ...config, name, go_backwards: !config['go_backwards'] } };
}

/**
 * Returns the options of a layer without its name, and without the ids by which Keras identifies
 * shared objects.
 */
const plain = ({ name: _, ...config }: JsonObject): string =>
  JSON.stringify(config, (key, value) => (key === 'shared_object_id' ? undefined : value));
