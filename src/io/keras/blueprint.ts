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

// Not where a model is built: where no bundler leaves this out, tfjs knows them from the start.
useKerasLayers();

/** A topology's model, before any weight is there. */
export interface Blueprint extends KerasWeights {
  /** The model, whose weights have shapes but no values. */
  readonly model: LayersModel;
  dispose(): void;
}

/** How much is told of what tfjs has against a model: it may quote all of it. */
const MOST_TEXT = 200;
/** What is never looked at. */
const ZERO = initializers.zeros();

type AddWeight = (this: layers.Layer, ...args: unknown[]) => LayerVariable;

/**
 * Builds a model whose weights have shapes but take no memory: so what a stranger's file asks for
 * can be compared with what it holds before anything of that size is made.
 *
 * @param topology as tfjs's model.json has it
 * @throws SAE_FILE for a topology that tfjs cannot build, or in which two weights have one name.
 */
export async function blueprint(topology: JsonObject): Promise<Blueprint> {
  let model: LayersModel;
  const made: LayerVariable[] = [];
  // Not by the model, which leaves what layers of nested models share.
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

/** tfjs leaves a -1 of a Reshape open until it runs, and would build what follows by no size. */
function assertKnownSizes(weights: readonly LayerVariable[]): void {
  for (const { originalName, shape } of weights) {
    if ((shape as (number | null)[]).every((size) => Number.isSafeInteger(size))) continue;
    const received = `"${originalName}" of shape [${shape.map((size) => size ?? '?').join(', ')}]`;
    const advice = 'Give the Reshape before it a target_shape without -1.';
    throw badContent('weights whose sizes are known before the model runs', received, advice);
  }
}

/**
 * Has every weight that is made meanwhile made as a single number that says it has another shape.
 * What `make` does before it first waits is what counts.
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
