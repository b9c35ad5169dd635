import * as tf from '@tensorflow/tfjs-core';

const finite = (x: tf.Tensor) => tf.tidy(() => tf.all(tf.isFinite(x)));

/**
 * Whether every value is a finite number.
 *
 * Reads one value back from the backend, and so waits for a GPU: on WebGPU for long. Whoever can
 * wait takes {@link allFiniteAsync}.
 */
export function allFinite(x: tf.Tensor): boolean {
  const answer = finite(x);
  const all = answer.dataSync()[0] !== 0;
  answer.dispose();
  return all;
}

/** The same, while the page goes on. */
export async function allFiniteAsync(x: tf.Tensor): Promise<boolean> {
  const answer = finite(x);
  const all = (await answer.data())[0] !== 0;
  answer.dispose();
  return all;
}
