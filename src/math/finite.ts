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

/** Values that are looked at together: they stay in the nearest cache. */
const BLOCK = 4096;
/** Values in a line of a cache. */
const LINE = 16;

/**
 * Whether no value is NaN or infinite. Of such a one all bits of the exponent are set, and one more carries
 * into the sign.
 *
 * It goes over whole dictionaries, and memory is what it waits for: a look at each line of a block fetches
 * many lines at once, which halves the time.
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
  // `seen` says nothing, but what nobody asks for is not computed.
  return carried >= 0 && (seen | 1) !== 0;
}

const carryOf = (bits: number) => ((bits & 0x7fffffff) + 0x00800000) | 0;
