import * as tf from '@tensorflow/tfjs-core';
import type { ModelInputs } from '../host';

/**
 * Returns tensors that a caller may dispose, each once: copies, which share the values, replace
 * tensors that are inputs of the model or occur twice.
 */
export function owned(tensors: readonly tf.Tensor[], inputs: ModelInputs): tf.Tensor[] {
  const others = new Set(inputs instanceof tf.Tensor ? [inputs] : Object.values(inputs));
  return tensors.map((tensor) => {
    if (others.has(tensor)) return tf.clone(tensor);
    others.add(tensor);
    return tensor;
  });
}
