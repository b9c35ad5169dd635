import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, model as modelOf, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { inputsNotTaken } from '../../errors';
import type { Edit, EditAt, HiddenLayer, Host, ModelInputs } from '../host';
import { checkedEdit } from './checkedEdit';
import { activationOf, hiddenLayers, type LayerPlace, nodeIn, placeOf } from './modelLayers';
import { owned } from './owned';

/**
 * A `tf.LayersModel` as a host: its layers by name, those of nested models after their model's.
 *
 * Reading runs a model of the same layers that ends at the requested ones. For an edit, a layer's
 * `call` is replaced during one synchronous run.
 */
export class LayersModelHost implements Host {
  /** Models that end at certain tensors, by the numbers of these. */
  private readonly parts = new Map<string, LayersModel>();

  constructor(private readonly model: LayersModel) {}

  get name(): string {
    return `model "${this.model.name}"`;
  }

  layers(): readonly HiddenLayer[] {
    return hiddenLayers(this.model);
  }

  check(names: readonly string[]): void {
    for (const name of names) placeOf(this.name, this.model, name);
  }

  async capture(inputs: ModelInputs, names: readonly string[]): Promise<tf.Tensor[]> {
    const places = names.map((name) => placeOf(this.name, this.model, name));
    return tf.tidy(() => {
      try {
        return owned(this.captureIn(this.model, inputs, places), inputs);
      } catch (error) {
        throw inputsNotTaken(this.name, error as Error);
      }
    });
  }

  async run(inputs: ModelInputs, at?: EditAt): Promise<tf.Tensor[]> {
    return tf.tidy(() => owned(this.forward(inputs, at), inputs));
  }

  forward(inputs: ModelInputs, at?: EditAt): tf.Tensor[] {
    const { model } = this;
    const run = () => {
      const given = inOrder(model, inputs);
      return listOf(model.apply(given.length === 1 ? (given[0] as tf.Tensor) : given));
    };
    if (at === undefined) return run();
    const { layer } = placeOf(this.name, model, at.layer);
    return withEdit(layer, checkedEdit(this.name, at), run);
  }

  outputActivation(head: number): string | undefined {
    return activationOf(this.model, head);
  }

  /**
   * Returns the outputs of some layers for a model's inputs; for a nested model, given its own
   * inputs.
   */
  private captureIn(
    model: LayersModel,
    inputs: ModelInputs,
    places: readonly LayerPlace[],
  ): tf.Tensor[] {
    const ends = places.map(({ within: [nested], layer }) =>
      nested ? nodeIn(model, nested).inputTensors : nodeIn(model, layer).outputTensors.slice(0, 1),
    );
    const all = [...new Set(ends.flat())];
    const outputs = listOf(this.partOf(model, all).predictOnBatch(inOrder(model, inputs)));
    const valuesOf = (i: number) =>
      (ends[i] as SymbolicTensor[]).map((end) => outputs[all.indexOf(end)] as tf.Tensor);
    const found: tf.Tensor[] = [];
    for (const [
      i,
      {
        within: [nested],
      },
    ] of places.entries()) {
      if (found[i]) continue;
      if (nested === undefined) {
        found[i] = valuesOf(i)[0] as tf.Tensor;
        continue;
      }
      // All layers of the same nested model, in one pass.
      const same = places.flatMap((place, j) => (place.within[0] === nested ? [j] : []));
      const inner = same.map((j) => {
        const { layer, within } = places[j] as LayerPlace;
        return { layer, within: within.slice(1) };
      });
      const values = this.captureIn(nested, valuesOf(i), inner);
      for (const [k, j] of same.entries()) found[j] = values[k] as tf.Tensor;
    }
    return found;
  }

  /**
   * Returns a model of the same layers that ends at some tensors. It is never disposed, since that
   * would dispose the layers.
   */
  private partOf(model: LayersModel, ends: readonly SymbolicTensor[]): LayersModel {
    const key = ends.map(({ id }) => id).join();
    const known = this.parts.get(key);
    if (known) return known;
    const part = modelOf({ inputs: model.inputs, outputs: [...ends] });
    this.parts.set(key, part);
    return part;
  }
}

/** Puts a layer's output through an edit while something runs. */
function withEdit<T>(layer: LayerPlace['layer'], edit: Edit, run: () => T): T {
  const { call } = layer;
  layer.call = function edited(this: typeof layer, ...args) {
    const output = call.apply(this, args);
    return Array.isArray(output) ? output.map((t, i) => (i === 0 ? edit(t) : t)) : edit(output);
  };
  try {
    return run();
  } finally {
    // It was the class's method.
    delete (layer as Partial<typeof layer>).call;
  }
}

/** Returns inputs in the model's order. */
function inOrder({ inputNames }: LayersModel, inputs: ModelInputs): tf.Tensor[] {
  if (Array.isArray(inputs)) return inputs;
  if (inputs instanceof tf.Tensor) return [inputs];
  return inputNames.map((name) => inputs[name] as tf.Tensor);
}

const listOf = (outputs: unknown): tf.Tensor[] =>
  (Array.isArray(outputs) ? outputs : [outputs]) as tf.Tensor[];
