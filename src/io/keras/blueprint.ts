import {
  initializers,
  type LayersModel,
  type LayerVariable,
  layers,
  models,
} from '@tensorflow/tfjs-layers';
import { badContent } from '../../errors';
import { type KerasWeights, kerasWeights } from './kerasWeights';
import { useKerasLayers } from './layers/useKerasLayers';
import type { JsonObject } from './layerTable';

// Not where a model is built: if no bundler removes them, tfjs knows these layers from the start.
useKerasLayers();

/** A topology's model, before its weights exist. */
export interface Blueprint extends KerasWeights {
  /** The model, whose weights have shapes but no values. */
  readonly model: LayersModel;
  dispose(): void;
}

/**
 * The most characters of tfjs's error about a model that are shown, since it may quote all of it.
 */
const MOST_TEXT = 200;
/** Values that are never read. */
const ZERO = initializers.zeros();

type AddWeight = (this: layers.Layer, ...args: unknown[]) => LayerVariable;

/**
 * Builds a model whose weights have shapes but take no memory, so that the requirements of an
 * untrusted file can be compared with its content before anything of that size is allocated.
 *
 * @param topology the topology in tfjs's model.json
 * @throws SAE_FILE for a topology that tfjs cannot build, or in which two weights have one name.
 */
export async function blueprint(topology: JsonObject): Promise<Blueprint> {
  let model: LayersModel;
  const made: LayerVariable[] = [];
  // Not from the model, which omits what layers of nested models share.
  const dispose = () => made.forEach((variable) => void variable.dispose());
  try {
    model = await withoutMemory(made, () => models.modelFromJSON(topology as never));
  } catch (error) {
    dispose();
    const advice = 'Check its layers against the guide to Keras files.';
    const text = JSON.stringify((error as Error).message.slice(0, MOST_TEXT));
    throw badContent('a model that tfjs can build', text, advice, error);
  }
  try {
    assertKnownSizes(made);
    return { ...kerasWeights(model, true), model, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

/**
 * Rejects unknown sizes: tfjs leaves a -1 of a Reshape open until it runs, and would build later
 * layers without a size.
 */
function assertKnownSizes(weights: readonly LayerVariable[]): void {
  for (const { originalName, shape } of weights) {
    if ((shape as (number | null)[]).every((size) => Number.isSafeInteger(size))) continue;
    const received = `"${originalName}" of shape [${shape.map((size) => size ?? '?').join(', ')}]`;
    const advice = 'Give the Reshape before it a target_shape without -1.';
    throw badContent('weights whose sizes are known before the model runs', received, advice);
  }
}

/**
 * Makes every weight that is created meanwhile a single number that claims another shape. This
 * affects what `make` does before it first awaits.
 */
function withoutMemory<T>(made: LayerVariable[], make: () => Promise<T>): Promise<T> {
  const prototype = layers.Layer.prototype as unknown as { addWeight: AddWeight };
  const { addWeight } = prototype;
  prototype.addWeight = function addShape(name, shape, dtype, _initializer, ...rest) {
    const weight = addWeight.call(this, name, [], dtype, ZERO, ...rest.slice(0, 3));
    Object.defineProperty(weight, 'shape', { value: shape });
    made.push(weight);
    return weight;
  };
  try {
    return make();
  } finally {
    prototype.addWeight = addWeight;
  }
}
