import { isObject } from './carryClass';
import { SharedLayer } from './layers/sharedLayer';
import type { Json, JsonObject } from './layerTable';

/** A layer that stands in several models, and how many places it has. */
export interface Share {
  readonly id: string;
  readonly places: number;
}

interface Place {
  readonly json: JsonObject;
  readonly name: string;
  /** The model that it stands in. */
  readonly model: JsonObject;
}

/** The layers that stand in more than one model, each by every place where it is written. */
export type Shares = ReadonlyMap<Json, Share>;

/**
 * The layers that stand in more than one model within a model: inside a nested one and outside it.
 *
 * @param isSame whether two places of one name, class and options are of one layer
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
        // What is in it was seen at its first place.
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
 * A layer that stands within another, which is no model, and elsewhere too; undefined where there
 * is none.
 *
 * @param isSame whether two places of one name, class and options are of one layer
 */
export function alsoInWrapper(root: JsonObject, isSame: IsSame): JsonObject | undefined {
  const first = new Map<string, { readonly json: JsonObject; readonly isWithin: boolean }>();
  const look = (json: JsonObject, isWithin: boolean): JsonObject[] => {
    const name = nameOf(json) ?? '';
    const known = first.get(name);
    if (known === undefined) first.set(name, { json, isWithin });
    // What is in it was seen at its first place.
    else if (isOne(known.json, json, isSame)) return known.isWithin || isWithin ? [json] : [];
    return [
      ...layersIn(json).flatMap((one) => look(one, isWithin)),
      ...partsIn(json).flatMap((one) => look(one, true)),
    ];
  };
  return look(root, false)[0];
}

/** The layer within a layer, or the cells. */
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

/** Whether two places are of one layer; an input has nothing to share. */
const isOne = (first: JsonObject, other: JsonObject, isSame: IsSame): boolean =>
  other['class_name'] !== 'InputLayer' && isSame(first, other) && plain(first) === plain(other);

/** A layer's class and options, without the ids by which Keras tells shared objects. */
const plain = ({ class_name: className = null, config = null }: JsonObject): string =>
  JSON.stringify([className, config], (key, value) =>
    key === 'shared_object_id' ? undefined : value,
  );

/** A layer as one of its places in tfjs. */
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
 * A model that tfjs has saved, its shared layers made places of one: tfjs lists the weights of such a
 * layer once for each place, under one name.
 *
 * @param topology as tfjs has saved it
 * @param isTwice whether the weights of a layer of that name are listed more than once, and are the same
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
