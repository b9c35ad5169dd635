import type { LayersModel, layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { noHiddenLayer, sharedLayer } from '../../errors';
import type { HiddenLayer } from '../host';

type Layer = layers.Layer;

/** The separator between a nested model's name and that of a layer in it: `block/conv`. */
const INSIDE = '/';

/** A layer in a model, and the models around it. */
export interface LayerPlace {
  readonly layer: Layer;
  /** The nested models that contain it, from the outside. */
  readonly within: readonly LayersModel[];
}

/** One use of a layer. */
interface LayerNode {
  readonly inputTensors: SymbolicTensor[];
  readonly outputTensors: SymbolicTensor[];
}

/** Returns every layer except input layers; a nested model is followed by its layers. */
export function hiddenLayers(model: LayersModel, before = ''): HiddenLayer[] {
  return model.layers.flatMap((layer) => {
    const kind = layer.getClassName();
    if (kind === 'InputLayer') return [];
    const name = `${before}${layer.name}`;
    const nodes = nodesIn(model, layer);
    const shape = nodes.length === 1 ? nodes[0]?.outputTensors[0]?.shape : undefined;
    const own = { name, kind, shape };
    return isModel(layer) ? [own, ...hiddenLayers(layer, `${name}${INSIDE}`)] : [own];
  });
}

/**
 * Returns the place of a layer by its name.
 *
 * @param host how errors refer to the model
 * @throws SAE_OPTION if there is no such layer, or its weights are used at several places.
 */
export function placeOf(host: string, model: LayersModel, name: string): LayerPlace {
  const within: LayersModel[] = [];
  let inside = model;
  let left = name;
  for (;;) {
    const found = inside.layers.find((layer) => layer.name === left);
    if (found) {
      const uses = nodesIn(inside, found).length;
      if (uses > 1) throw sharedLayer(host, name, uses);
      return { layer: found, within };
    }
    const nested = inside.layers.find(
      (layer) => isModel(layer) && left.startsWith(`${layer.name}${INSIDE}`),
    );
    if (nested === undefined) break;
    const uses = nodesIn(inside, nested).length;
    if (uses > 1) throw sharedLayer(host, nested.name, uses);
    within.push(nested as LayersModel);
    left = left.slice(nested.name.length + INSIDE.length);
    inside = nested as LayersModel;
  }
  throw noHiddenLayer(
    host,
    name,
    hiddenLayers(model).map((layer) => layer.name),
  );
}

/** Returns the only use of a layer in a model. */
export const nodeIn = (model: LayersModel, layer: Layer): LayerNode =>
  nodesIn(model, layer)[0] as LayerNode;

/** Returns the uses of a layer in a model; it may have others elsewhere. */
function nodesIn(model: LayersModel, layer: Layer): LayerNode[] {
  const { containerNodes } = graphOf(model) as unknown as { containerNodes: ReadonlySet<string> };
  const nodes = layer.inboundNodes as unknown as LayerNode[];
  return nodes.filter((_, i) => containerNodes.has(`${layer.name}_ib-${i}`));
}

/**
 * Returns the model that knows which uses are its own: for a Sequential its inner model, which it
 * creates on first use.
 */
function graphOf(model: LayersModel): LayersModel {
  if (model.getClassName() !== 'Sequential') return model;
  const sequential = model as LayersModel & { readonly model?: LayersModel | null };
  if (!sequential.model) sequential.build([]);
  return sequential.model as LayersModel;
}

/** Returns whether a layer is a model of layers. */
export const isModel = (layer: Layer): layer is LayersModel =>
  Array.isArray((layer as Partial<LayersModel>).layers);

/**
 * Returns the name of the last activation of the layer that makes an output; undefined if it has
 * none.
 */
export function activationOf(model: LayersModel, head: number): string | undefined {
  const isSequential = model.getClassName() === 'Sequential';
  const layer = isSequential ? model.layers.at(-1) : model.outputLayers[head];
  if (layer === undefined) return undefined;
  if (isModel(layer)) return activationOf(layer, 0);
  if (layer.getClassName() === 'Softmax') return 'softmax';
  const { activation } = layer.getConfig();
  return typeof activation === 'string' ? activation : undefined;
}
