import * as tf from '@tensorflow/tfjs-core';
import { noHiddenLayer, wrongOption } from '../../errors';
import type { EditAt, HiddenLayer, Host, ModelInputs } from '../host';
import { checkedEdit } from './checkedEdit';
import { owned } from './owned';

/**
 * A function through which a hand-written forward pass exposes its hidden tensors.
 *
 * @param name the tensor's name
 * @param hidden the tensor
 * @returns the tensor to continue with: the same, or the result of an edit
 */
export type Hook = (name: string, hidden: tf.Tensor) => tf.Tensor;

/**
 * A forward pass written by hand in tfjs operations.
 *
 * @param inputs the model's inputs
 * @param hook to be called with each hidden tensor that may be read or changed
 * @returns the outputs
 */
export type ForwardPass = (inputs: ModelInputs, hook: Hook) => tf.Tensor | tf.Tensor[];

/** Thrown to end a pass when nothing more is needed. */
const ENOUGH = Symbol('enough');

/**
 * Makes a model from a hand-written forward pass, so that its hidden tensors can be captured,
 * spliced and measured like those of any other model.
 *
 * @param forward the pass: it calls `hook` with each hidden tensor and a name, and continues with
 *   the result; it must be synchronous, and dispose nothing
 * @returns the model; it holds no memory.
 * @throws SAE_OPTION if `forward` is not a function.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { hookedModel, listLayers } from 'gated-sae-tfjs';
 * const [w1, w2] = [tf.randomNormal([4, 8]), tf.randomNormal([8, 3])];
 * const model = hookedModel((x, hook) => {
 *   const hidden = hook('hidden', tf.relu(tf.matMul(x as tf.Tensor2D, w1)));
 *   return tf.softmax(tf.matMul(hidden as tf.Tensor2D, w2));
 * });
 * const [hidden] = await model.capture(tf.ones([2, 4]), ['hidden']);
 * console.log(hidden?.shape, (await listLayers(model))[0]?.name); // [2, 8] hidden
 * ```
 */
export function hookedModel(forward: ForwardPass): Host {
  if (typeof forward !== 'function') {
    throw wrongOption('hookedModel.forward', 'a function of inputs and hook', forward);
  }
  const met = new Map<string, HiddenLayer>();
  const name = 'the hand-written model';
  const run = (inputs: ModelInputs, hook: Hook): tf.Tensor[] => {
    const outputs = forward(inputs, (layer, hidden) => {
      met.set(layer, { name: layer, kind: 'hook', shape: [null, ...hidden.shape.slice(1)] });
      return hook(layer, hidden);
    });
    return Array.isArray(outputs) ? outputs : [outputs];
  };
  const withEdit = (inputs: ModelInputs, at?: EditAt): tf.Tensor[] => {
    if (at === undefined) return run(inputs, (_, hidden) => hidden);
    const edit = checkedEdit(name, at);
    let isMet = false;
    const outputs = run(inputs, (layer, hidden) => {
      if (layer !== at.layer) return hidden;
      isMet = true;
      return edit(hidden);
    });
    if (!isMet) throw noHiddenLayer(name, at.layer, [...met.keys()]);
    return outputs;
  };
  return {
    name,
    layers: () => [...met.values()],
    run: async (inputs, at) => tf.tidy(() => owned(withEdit(inputs, at), inputs)),
    forward: withEdit,
    capture: async (inputs, layers) => {
      const found = new Map<string, tf.Tensor>();
      const missing = () => layers.find((layer) => !found.has(layer));
      tf.tidy(() => {
        try {
          run(inputs, (layer, hidden) => {
            if (layers.includes(layer)) found.set(layer, tf.keep(tf.clone(hidden)));
            if (missing() === undefined) throw ENOUGH;
            return hidden;
          });
        } catch (error) {
          if (error === ENOUGH) return;
          tf.dispose([...found.values()]);
          throw error;
        }
      });
      const lost = missing();
      if (lost !== undefined) {
        tf.dispose([...found.values()]);
        throw noHiddenLayer(name, lost, [...met.keys()]);
      }
      return owned(
        layers.map((layer) => found.get(layer) as tf.Tensor),
        inputs,
      );
    },
  };
}
