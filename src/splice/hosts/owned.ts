import * as tf from '@tensorflow/tfjs-core';
import type { ModelInputs } from '../host';

/**
 * Tensors that a caller may dispose, each once: of what a model hands on as it was given, and of what is there
 * twice, a copy, which shares the values.
 */
export function owned(tensors: readonly tf.Tensor[], inputs: ModelInputs): tf.Tensor[] {
  const others = new Set(inputs instanceof tf.Tensor ? [inputs] : Object.values(inputs));
  return tensors.map((tensor) => {
    if (others.has(tensor)) return tf.clone(tensor);
    others.add(tensor);
    return tensor;
  });
}
