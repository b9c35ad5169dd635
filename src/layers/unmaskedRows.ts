import * as tf from '@tensorflow/tfjs-core';
import { asRows } from '../math/leadingDims';

/**
 * The rows of `x` that a mask keeps.
 *
 * @param x `[batch, ..., width]`
 * @param mask true for what counts: `[batch]`, `[batch, steps]`, …, of the leading axes of `x`. It is
 * read at once, which on a GPU means to wait for it.
 * @returns `[rows, width]`, with a gradient; undefined where the mask keeps all, or is not of `x`.
 */
export function unmaskedRows(x: tf.Tensor, mask: tf.Tensor): tf.Tensor2D | undefined {
  const leading = x.shape.slice(0, -1);
  if (!tf.util.arraysEqual(mask.shape, leading.slice(0, mask.rank))) return undefined;
  const kept: number[] = [];
  const rows = asRows(x);
  const count = rows.shape[0];
  const rowsEach = count / mask.size; // that one value of the mask is about
  for (const [i, value] of mask.dataSync().entries()) {
    if (value) for (let row = 0; row < rowsEach; row++) kept.push(i * rowsEach + row);
  }
  return kept.length === count ? undefined : pickRows(rows, kept);
}

/** `tf.gather` of different rows, whose own gradient wasm has no kernel for. */
function pickRows(x: tf.Tensor2D, picked: readonly number[]): tf.Tensor2D {
  const [count, width] = x.shape;
  const places = new Int32Array(count).fill(picked.length); // of the row of zeros
  for (const [place, row] of picked.entries()) places[row] = place;
  return tf.customGrad((rows) => ({
    value: tf.gather(rows as tf.Tensor2D, tf.tensor1d([...picked], 'int32')),
    gradFunc: (dy: tf.Tensor) => {
      const withZeros = tf.concat([dy, tf.zeros([1, width])]);
      return tf.gather(withZeros, tf.tensor1d(places, 'int32'));
    },
  }))(x) as tf.Tensor2D;
}
