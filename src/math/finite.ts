import * as tf from '@tensorflow/tfjs-core';

/**
 * Whether every value is a finite number.
 *
 * Reads one value back from the backend, and so waits for a GPU.
 */
export function allFinite(x: tf.Tensor): boolean {
  const finite = tf.tidy(() => tf.all(tf.isFinite(x)));
  const answer = finite.dataSync()[0] !== 0;
  finite.dispose();
  return answer;
}
