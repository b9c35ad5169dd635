import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, model as modelOf, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { inputsNotTaken } from '../../errors';
import type { Edit, EditAt, HiddenLayer, Host, ModelInputs } from '../host';
import { checkedEdit } from './checkedEdit';
import { activationOf, hiddenLayers, type LayerPlace, nodeIn, placeOf } from './modelLayers';
import { owned } from './owned';

/**
 * A `tf.LayersModel` as a host: its layers by name, those of nested models behind their model's.
 *
 * Reading runs a model of the same layers that ends at the ones that are asked for. An edit stands in a
 * layer's `call` while one run takes place, which waits for nothing.
 */
export class LayersModelHost implements Host {
  /** Models that end at some tensors, by the numbers of these. */
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

  /** What some layers make of the inputs of a model; of a nested one, when it has its own inputs. */
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
      // All that stand in the same nested model, in one pass.
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

  /** A model of the same layers that ends at some tensors. Nobody disposes it: the layers would be, too. */
  private partOf(model: LayersModel, ends: readonly SymbolicTensor[]): LayersModel {
    const key = ends.map(({ id }) => id).join();
    const known = this.parts.get(key);
    if (known) return known;
    const part = modelOf({ inputs: model.inputs, outputs: [...ends] });
    this.parts.set(key, part);
    return part;
  }
}

/** Has a layer's output put through an edit while something runs. */
function withEdit<T>(layer: LayerPlace['layer'], edit: Edit, run: () => T): T {
  const { call } = layer;
  layer.call = function edited(this: typeof layer, ...args) {
    const output = call.apply(this, args);
    return Array.isArray(output) ? output.map((t, i) => (i === 0 ? edit(t) : t)) : edit(output);
  };
  try {
    return run();
  } finally {
    // It was its class's.
    delete (layer as Partial<typeof layer>).call;
  }
}

/** Inputs in the model's order. */
function inOrder({ inputNames }: LayersModel, inputs: ModelInputs): tf.Tensor[] {
  if (Array.isArray(inputs)) return inputs;
  if (inputs instanceof tf.Tensor) return [inputs];
  return inputNames.map((name) => inputs[name] as tf.Tensor);
}

const listOf = (outputs: unknown): tf.Tensor[] =>
  (Array.isArray(outputs) ? outputs : [outputs]) as tf.Tensor[];
