import { badKerasConfig, noCounterpartClass } from '../../errors';
import { carryOptions, type Direction, type Place } from './carry';
import {
  type ClassEntry,
  type Json,
  type JsonObject,
  kerasEntry,
  type Section,
  TABLE,
  tfjsEntry,
} from './layerTable';

/** An object as either side serializes it: its class and its options. */
export interface Serialized {
  readonly className: string;
  readonly config: JsonObject;
  readonly name: string | undefined;
  /** The complete JSON. */
  readonly json: JsonObject;
}

export const isObject = (value: unknown): value is JsonObject =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/**
 * Parses a serialized object.
 *
 * @throws SAE_FILE if it is not one.
 */
export function serialized(field: string, json: Json | undefined): Serialized {
  if (!isObject(json)) throw badKerasConfig(field, 'an object', json);
  const { class_name: className, config = {} } = json;
  if (typeof className !== 'string') {
    throw badKerasConfig(`${field}.class_name`, 'the name of a class', className);
  }
  if (!isObject(config)) throw badKerasConfig(`${field}.config`, 'an object', config);
  const name = json['name'] ?? config['name'];
  return { className, config, name: typeof name === 'string' ? name : undefined, json };
}

/** Returns how errors refer to it: `Dense "feat"`. */
export const called = ({ className, name }: Serialized): string =>
  name === undefined ? className : `${className} ${JSON.stringify(name)}`;

/** A class in the table, with its names on both sides. */
export interface Known {
  readonly keras: string;
  readonly tfjs: string;
  readonly entry: ClassEntry;
}

/**
 * Finds the class of an object that Keras has serialized. Nothing is ever imported for it.
 *
 * @param kind the kind of object, for the error: "layers"
 * @throws SAE_FILE if the table has no such class, or if it is a custom class with the same name.
 */
export function knownToKeras(kind: string, sections: readonly Section[], given: Serialized): Known {
  const { className, json } = given;
  const registered = json['registered_name'] ?? null;
  for (const section of sections) {
    const entry = kerasEntry(section, className);
    if (entry === undefined) continue;
    const own = entry.registered_name;
    const isThis =
      own === undefined
        ? (registered === null || registered === className) && isKerasModule(json['module'], kind)
        : registered === own;
    if (isThis) return { keras: className, tfjs: entry.tfjs ?? className, entry };
  }
  throw notKnown(kind, given, typeof registered === 'string' ? registered : undefined);
}

/**
 * Returns whether a module is Keras's module of such objects: some of its operations have the same
 * names as layers.
 */
const isKerasModule = (module: Json | undefined, kind: string): boolean =>
  module == null || new RegExp(`^keras(\\.src)?\\.${kind}(\\.|$)`).test(String(module));

/**
 * Finds the class of an object that tfjs-layers has serialized.
 *
 * @throws SAE_FILE if the table has no such class.
 */
export function knownToTfjs(kind: string, sections: readonly Section[], given: Serialized): Known {
  for (const section of sections) {
    const found = tfjsEntry(section, given.className, given.config);
    if (found !== undefined) return { keras: found[0], tfjs: given.className, entry: found[1] };
  }
  throw notKnown(kind, given, undefined);
}

function notKnown(kind: string, given: Serialized, registered?: string) {
  const { className } = given;
  const own = registered !== undefined && registered !== className;
  const isOperation = String(given.json['module']).startsWith('keras.src.ops.');
  const what = isOperation ? `the operation ${called(given)}` : called(given);
  const received = own ? `${what}, which is ${JSON.stringify(registered)}` : what;
  const advice = Object.hasOwn(TABLE.refused, className)
    ? `${TABLE.refused[className]}.`
    : `Replace it by others; ${own ? 'code of your own cannot travel' : 'the guide to Keras files lists them'}.`;
  return noCounterpartClass(kind, received, advice);
}

/** Converts a small object that consists of a class and its options, such as an initializer. */
export function carryClass(
  { object }: Place,
  kind: string,
  section: Section,
  json: Json,
  direction: Direction,
): { known: Known; config: Record<string, Json> } {
  const given = serialized(`${kind} of ${object}`, json);
  const find = direction.from === 'keras' ? knownToKeras : knownToTfjs;
  const known = find(kind, [section], given);
  const place = { object: `${called(given)} in ${object}` };
  return { known, config: carryOptions(known.entry, given.config, direction, place) };
}
