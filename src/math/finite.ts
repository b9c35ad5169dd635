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

/**
 * Whether no value is NaN or infinite. Of such a one all bits of the exponent are set, and one more carries
 * into the sign: three operations of integers, which take half as long as asking for each.
 */
export function areFinite({ buffer, byteOffset, length }: Float32Array): boolean {
  const bits = new Int32Array(buffer, byteOffset, length);
  let carried = 0;
  for (let i = 0; i < length; i++) {
    carried |= (((bits[i] as number) & 0x7fffffff) + 0x00800000) | 0;
  }
  return carried >= 0;
}
