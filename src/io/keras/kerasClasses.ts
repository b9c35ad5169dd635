import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import { ARCHITECTURES } from '../../architectures';
import { SharedLayer } from './layers/sharedLayer';
import { type JsonObject, TABLE, tfjsEntry } from './layerTable';

/** tfjs's classes for a graph of layers; Keras has one. */
const FUNCTIONAL = ['Functional', 'Model'];

/** Layers within a layer, by the name of their group in the weights file. */
export type Parts = readonly (readonly [group: string, part: layers.Layer | layers.Layer[]])[];

export const isFunctional = (className: string): boolean => FUNCTIONAL.includes(className);

/** Returns the dictionary's class for a layer's class: `GatedSAE` for `GatedSAELayer`. */
export const dictionaryOfLayer = (className: string): string | undefined =>
  Object.values(ARCHITECTURES).find(({ layer }) => layer.className === className)?.model.className;

/** Returns Keras's class name of a layer or model that is in the table; its own name otherwise. */
export function kerasClassOf(object: layers.Layer): string {
  const className = object.getClassName();
  if (isFunctional(className)) return 'Functional';
  const dictionary = dictionaryOfLayer(className) ?? className;
  if (tfjsEntry(TABLE.dictionaries, dictionary)) {
    const config = object.getConfig() as JsonObject;
    return tfjsEntry(TABLE.dictionaries, dictionary, config)?.[0] ?? dictionary;
  }
  return tfjsEntry(TABLE.layers, className)?.[0] ?? className;
}

/**
 * Returns the layers within one, in Keras's order; undefined for one that holds its weights itself.
 */
export function partsOf(object: layers.Layer): Parts | undefined {
  const className = object.getClassName();
  if (tfjsEntry(TABLE.dictionaries, className)) return undefined;
  const { layers: inner } = object as LayersModel;
  if (Array.isArray(inner)) return [['layers', inner]];
  const parts = tfjsEntry(TABLE.layers, className)?.[1].parts;
  if (parts === undefined) return undefined;
  const properties = object as unknown as Record<string, layers.Layer | layers.Layer[]>;
  return Object.entries(parts).map(([group, name]) => [
    group,
    properties[name] as layers.Layer | layers.Layer[],
  ]);
}

/** Returns the shared layer behind one of its places; any other layer itself. */
export const sharedIn = (object: layers.Layer): layers.Layer =>
  object.getClassName() === SharedLayer.className ? (object as SharedLayer).layer : object;

/** Returns whether it is an input layer of a model. */
export const isInputLayer = (object: layers.Layer): boolean =>
  object.getClassName() === 'InputLayer';
