import * as tf from '@tensorflow/tfjs';
import type { NamedWeights, ReferencePass } from './index';
import { choosing } from './topk';

/** Few enough for the tests' dictionaries to have some that do not fire. */
export const options = { k: 4 };

/** As many codes of the batch as there would be with k in each row, found by sorting them all. */
function largestOfBatch(x: tf.Tensor2D, k: number): tf.Tensor2D {
  const [rows, columns] = x.shape;
  const numbers = x.dataSync();
  const places = Array.from(numbers, (_, i) => i).sort((a, b) => {
    const byFeature = (a % columns) - (b % columns);
    return (numbers[b] as number) - (numbers[a] as number) || byFeature || a - b;
  });
  const chosen = new Float32Array(numbers.length);
  for (const place of places.slice(0, k * rows)) chosen[place] = 1;
  return tf.tensor2d(chosen, x.shape);
}

/**
 * Bussmann et al. 2024: in training the k · rows largest of all pre-activations, if above 0; else those
 * above the threshold.
 */
export const pass = (
  x: tf.Tensor2D,
  target: tf.Tensor2D,
  weights: NamedWeights,
  { k }: Record<string, number>,
  training = true,
): ReferencePass =>
  choosing(x, target, weights, (z) =>
    training
      ? largestOfBatch(z, k as number)
      : tf.step(tf.sub(z, weights['threshold'] as tf.Tensor)),
  );
