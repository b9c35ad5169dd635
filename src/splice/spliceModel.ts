import type * as tf from '@tensorflow/tfjs-core';
import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers';
import { notRebuilt } from '../errors';
import { isModel, type LayerPlace } from './hosts/modelLayers';

type Config = tf.serialization.ConfigDict;

/** A layer in the configuration of a model. */
interface LayerEntry {
  name?: string;
  className: string;
  config: Config;
  /** For each use, the tensors that it takes: layer, node, tensor, and arguments. */
  inboundNodes?: [string, number, number, Config][][];
}

/** The configuration of a model; a Sequential's has only layers. */
interface ModelConfig {
  layers: LayerEntry[];
  outputLayers?: [string, number, number][];
}

/**
 * Returns a copy of a model with one more layer after one of its layers. All weights are shared
 * with the original: training one trains both. The layers are new, so the original is not affected.
 *
 * @param behind the place of the layer
 * @param entry the layer to insert
 * @returns the model; disposing it keeps the weights.
 * @throws SAE_UNSUPPORTED for a model that tfjs cannot rebuild from its configuration.
 */
export function withLayer(
  host: string,
  model: LayersModel,
  behind: LayerPlace,
  entry: LayerEntry & { name: string },
): LayersModel {
  const config = JSON.parse(JSON.stringify(model.getConfig())) as ModelConfig;
  let inside = config;
  for (const nested of behind.within)
    inside = entryOf(inside, nested.name).config as unknown as ModelConfig;
  putIn(inside, behind.layer.name, entry);
  const ModelClass = model.constructor as unknown as {
    fromConfig(cls: unknown, config: ModelConfig, objects: object, fast: boolean): LayersModel;
  };
  let made: LayersModel;
  try {
    made = ModelClass.fromConfig(ModelClass, config, {}, true);
  } catch (error) {
    throw notRebuilt(host, error as Error);
  }
  shareWeights(model, made);
  return made;
}

const nameOf = ({ name, config }: LayerEntry) => name ?? (config['name'] as string);

const entryOf = (config: ModelConfig, name: string): LayerEntry =>
  config.layers.find((entry) => nameOf(entry) === name) as LayerEntry;

/** Inserts a layer after another: consumers of the old layer's output take the new one's. */
function putIn(config: ModelConfig, behind: string, entry: LayerEntry & { name: string }): void {
  const { layers, outputLayers } = config;
  const at = layers.findIndex((one) => nameOf(one) === behind);
  const isSequential = outputLayers === undefined;
  const { name } = entry;
  if (isSequential) {
    layers.splice(at + 1, 0, { className: entry.className, config: { ...entry.config, name } });
    return;
  }
  let node = 0;
  const turn = (place: [string, number, number, ...unknown[]]) => {
    if (place[0] !== behind || place[2] !== 0) return;
    [, node] = place;
    place.splice(0, 2, name, 0);
  };
  for (const { inboundNodes = [] } of layers) for (const use of inboundNodes) use.forEach(turn);
  outputLayers.forEach(turn);
  const config2 = { ...entry.config, name };
  layers.splice(at + 1, 0, { ...entry, config: config2, inboundNodes: [[[behind, node, 0, {}]]] });
}

/** Makes the layers of one model use the weights of the layers with the same names in another. */
function shareWeights(from: LayersModel, to: LayersModel): void {
  const theirs = new Map(from.layers.map((layer) => [layer.name, layer]));
  for (const layer of to.layers) {
    const other = theirs.get(layer.name);
    if (other === undefined) continue; // the inserted layer
    if (isModel(layer)) {
      shareWeights(other as LayersModel, layer);
      continue;
    }
    for (const [i, weight] of layer.weights.entries()) {
      share(other.weights[i] as LayerVariable, weight);
    }
  }
}

/** Makes a weight use another's values. */
function share(from: LayerVariable, to: LayerVariable): void {
  const [theirs, ours] = [from, to] as unknown as { val: tf.Variable }[];
  if (ours === undefined || theirs === undefined || ours.val === theirs.val) return;
  ours.val.dispose();
  ours.val = theirs.val;
  to.dispose = () => {};
}
