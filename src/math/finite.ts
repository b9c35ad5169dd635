import * as tf from '@tensorflow/tfjs-core';

const finite = (x: tf.Tensor) => tf.tidy(() => tf.all(tf.isFinite(x)));

/**
 * Returns whether every value is a finite number.
 *
 * Reads one value back from the backend, and so waits for a GPU, on WebGPU for long. Asynchronous
 * code uses {@link allFiniteAsync}.
 */
export function allFinite(x: tf.Tensor): boolean {
  const answer = finite(x);
  const all = answer.dataSync()[0] !== 0;
  answer.dispose();
  return all;
}

/** Returns the same without blocking the page. */
export async function allFiniteAsync(x: tf.Tensor): Promise<boolean> {
  const answer = finite(x);
  const all = (await answer.data())[0] !== 0;
  answer.dispose();
  return all;
}

/** The number of values checked together: they stay in the nearest cache. */
const BLOCK = 4096;
/** The number of values in a cache line. */
const LINE = 16;

/**
 * Returns whether no value is NaN or infinite. Such a value has all bits of the exponent set, so
 * adding one carries into the sign.
 *
 * Since it goes over whole dictionaries, it is limited by memory: touching each line of a block
 * first fetches many lines at once, which halves the time.
 */
export function areFinite({ buffer, byteOffset, length }: Float32Array): boolean {
  const bits = new Int32Array(buffer, byteOffset, length);
  let seen = 0;
  let carried = 0;
  for (let start = 0; start < length; start += BLOCK) {
    const end = Math.min(length, start + BLOCK);
    for (let i = start; i < end; i += LINE) seen |= bits[i] as number;
    const fours = end - ((end - start) % 4);
    for (let i = start; i < fours; i += 4) {
      carried |=
        carryOf(bits[i] as number) |
        carryOf(bits[i + 1] as number) |
        carryOf(bits[i + 2] as number) |
        carryOf(bits[i + 3] as number);
    }
    for (let i = fours; i < end; i++) carried |= carryOf(bits[i] as number);
  }
  // `seen` has no meaning, but an unused result would not be computed.
  return carried >= 0 && (seen | 1) !== 0;
}

const carryOf = (bits: number) => ((bits & 0x7fffffff) + 0x00800000) | 0;
