import { isObject } from './carryClass';
import { SharedLayer } from './layers/sharedLayer';
import type { Json, JsonObject } from './layerTable';

/** A layer that is in several models, and the number of its places. */
export interface Share {
  readonly id: string;
  readonly places: number;
}

interface Place {
  readonly json: JsonObject;
  readonly name: string;
  /** The model that contains it. */
  readonly model: JsonObject;
}

/** The layers that are in more than one model, each by every place where it is written. */
export type Shares = ReadonlyMap<Json, Share>;

/**
 * Returns the layers that are in more than one model within a model: inside a nested one and
 * outside it.
 *
 * @param isSame whether two places with the same name, class and options are one layer
 */
export function sharesOf(root: JsonObject, isSame: IsSame): Shares {
  const first = new Map<string, Place>();
  const groups = new Map<Json, JsonObject[]>();
  const walk = (model: JsonObject): void => {
    for (const json of layersIn(model)) {
      const name = nameOf(json);
      const known = name === undefined ? undefined : first.get(name);
      if (known !== undefined && known.model !== model && isOne(known.json, json, isSame)) {
        groups.set(known.json, [...(groups.get(known.json) ?? [known.json]), json]);
        // Its contents were visited at its first place.
        continue;
      }
      if (name !== undefined && known === undefined) first.set(name, { json, name, model });
      walk(json);
    }
  };
  walk(root);
  return new Map(
    [...groups.values()].flatMap((places, i) =>
      places.map((json) => [json, { id: `${i}`, places: places.length }] as const),
    ),
  );
}

/**
 * Returns a layer that is wrapped in another, which is not a model, and also used elsewhere;
 * undefined if there is none.
 *
 * @param isSame whether two places with the same name, class and options are one layer
 */
export function alsoInWrapper(root: JsonObject, isSame: IsSame): JsonObject | undefined {
  const first = new Map<string, { readonly json: JsonObject; readonly isWithin: boolean }>();
  const look = (json: JsonObject, isWithin: boolean): JsonObject[] => {
    const name = nameOf(json) ?? '';
    const known = first.get(name);
    if (known === undefined) first.set(name, { json, isWithin });
    // Its contents were visited at its first place.
    else if (isOne(known.json, json, isSame)) return known.isWithin || isWithin ? [json] : [];
    return [
      ...layersIn(json).flatMap((one) => look(one, isWithin)),
      ...partsIn(json).flatMap((one) => look(one, true)),
    ];
  };
  return look(root, false)[0];
}

/** Returns the wrapped layer, or the cells. */
function partsIn({ config }: JsonObject): JsonObject[] {
  const { layer = null, cell = null, cells = null } = isObject(config) ? config : {};
  return [layer, cell, cells].flat().filter(isObject);
}

function layersIn({ config }: JsonObject): JsonObject[] {
  const list = isObject(config) ? config['layers'] : undefined;
  return (Array.isArray(list) ? (list as readonly Json[]) : []).filter(isObject);
}

function nameOf({ config }: JsonObject): string | undefined {
  const name = isObject(config) ? config['name'] : undefined;
  return typeof name === 'string' ? name : undefined;
}

type IsSame = (first: JsonObject, other: JsonObject) => boolean;

/** Returns whether two places are one layer; an input has nothing to share. */
const isOne = (first: JsonObject, other: JsonObject, isSame: IsSame): boolean =>
  other['class_name'] !== 'InputLayer' && isSame(first, other) && plain(first) === plain(other);

/**
 * Returns a layer's class and options, without the ids by which Keras identifies shared objects.
 */
const plain = ({ class_name: className = null, config = null }: JsonObject): string =>
  JSON.stringify([className, config], (key, value) =>
    key === 'shared_object_id' ? undefined : value,
  );

/** Returns a layer as one of its places in tfjs. */
export const placeOf = (layer: JsonObject, { id, places }: Share): JsonObject => {
  const { name = null, batch_input_shape: shape = null } = layer['config'] as JsonObject;
  // A Sequential asks its first layer for it.
  const input: JsonObject = shape === null ? {} : { batch_input_shape: shape };
  const { class_name: className = null, config = null } = layer;
  return {
    class_name: SharedLayer.className,
    config: { ...input, name, layer: { class_name: className, config }, share: id, places },
  };
};

/**
 * Returns a model saved by tfjs with its shared layers as places of one: tfjs lists the weights of
 * such a layer once for each place, under one name.
 *
 * @param topology the topology that tfjs saved
 * @param isTwice whether the weights of a layer with that name are listed more than once, with
 *   equal values
 */
export function withPlaces(topology: JsonObject, isTwice: (name: string) => boolean): JsonObject {
  const shares = sharesOf(topology, (layer) => isTwice(nameOf(layer) ?? ''));
  if (shares.size === 0) return topology;
  const rewrite = (json: JsonObject): JsonObject => {
    const { config } = json;
    const isModel = isObject(config) && Array.isArray(config['layers']);
    const inner = isModel
      ? {
          ...json,
          config: {
            ...config,
            layers: (config['layers'] as JsonObject[]).map(rewrite),
          },
        }
      : json;
    const share = shares.get(json);
    return share === undefined ? inner : { ...inner, ...placeOf(inner, share) };
  };
  return rewrite(topology);
}
