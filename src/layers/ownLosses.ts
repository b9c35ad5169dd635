import * as tf from '@tensorflow/tfjs-core';
import { asRows } from '../math/leadingDims';

/** Returns the gradient tape that is recording, or undefined if none is. */
export function recordingTape(): object | undefined {
  const { gradientDepth, activeTape } = tf.engine().state;
  return gradientDepth > 0 ? activeTape : undefined;
}

/**
 * The losses that a layer's calls collect for `model.fit` to add.
 *
 * tfjs-layers asks for a layer's losses after the whole forward pass, once for each place of the
 * layer in the model. A custom layer may call this layer more often than it is asked: the first
 * request gets the sum of all calls, and the others 0.
 */
export class OwnLosses {
  private waiting: { loss: tf.Scalar; x: tf.Tensor }[] = [];
  private tape: object | undefined;

  /** @param onLost called once, if a pass has ended whose losses were not requested */
  constructor(private onLost: () => void) {}

  /** Keeps the loss of a call with `x` until it is requested. */
  add(loss: tf.Scalar, x: tf.Tensor, tape: object): void {
    if (this.tape !== tape && this.waiting.length > 0) {
      this.dispose();
      this.onLost();
      this.onLost = () => {};
    }
    this.tape = tape;
    this.waiting.push({ loss: tf.keep(loss), x });
  }

  /**
   * Returns the sum of the pending losses, on its tape; the caller disposes it. Zero if none is
   * pending.
   */
  take(): tf.Scalar {
    const [first, ...others] = this.waiting;
    if (first === undefined) return tf.scalar(0);
    const sum = tf.tidy(() =>
      others.reduce((total, { loss }) => tf.add(total, loss), tf.clone(first.loss)),
    );
    this.dispose();
    return sum;
  }

  /**
   * Restricts the loss of the last call, if that was with `x`, to the rows that a mask keeps.
   *
   * @param lossOf computes the loss of these rows
   */
  maskLast(x: tf.Tensor, mask: tf.Tensor, lossOf: (rows: tf.Tensor2D) => tf.Scalar): void {
    const last = this.waiting.at(-1);
    if (last?.x !== x) return;
    const loss = tf.tidy(() => {
      const rows = unmaskedRows(x, mask);
      if (rows === undefined) return undefined;
      return tf.keep(rows.shape[0] === 0 ? tf.mul(last.loss, 0) : lossOf(rows));
    });
    if (loss === undefined) return;
    last.loss.dispose();
    last.loss = loss as tf.Scalar;
  }

  dispose(): void {
    tf.dispose(this.waiting.map(({ loss }) => loss));
    this.waiting = [];
  }
}

/**
 * Returns the rows of `x` that a mask keeps.
 *
 * @param x `[batch, ..., width]`
 * @param mask true for the places that count: `[batch]`, `[batch, steps]`, …, the leading axes of
 *   `x`. It is read synchronously, which on a GPU means waiting for it.
 * @returns `[rows, width]`, with a gradient; undefined if the mask keeps all, or does not fit `x`.
 */
function unmaskedRows(x: tf.Tensor, mask: tf.Tensor): tf.Tensor2D | undefined {
  const leading = x.shape.slice(0, -1);
  if (!tf.util.arraysEqual(mask.shape, leading.slice(0, mask.rank))) return undefined;
  const kept: number[] = [];
  const rows = asRows(x);
  const count = rows.shape[0];
  const rowsEach = count / mask.size; // per value of the mask
  for (const [i, value] of mask.dataSync().entries()) {
    if (value) for (let row = 0; row < rowsEach; row++) kept.push(i * rowsEach + row);
  }
  return kept.length === count ? undefined : pickRows(rows, kept);
}

/** Works like `tf.gather` for distinct rows; wasm has no kernel for the gradient of `tf.gather`. */
function pickRows(x: tf.Tensor2D, picked: readonly number[]): tf.Tensor2D {
  const [count, width] = x.shape;
  const places = new Int32Array(count).fill(picked.length); // the index of the row of zeros
  for (const [place, row] of picked.entries()) places[row] = place;
  return tf.customGrad((rows) => ({
    value: tf.gather(rows as tf.Tensor2D, tf.tensor1d([...picked], 'int32')),
    gradFunc: (dy: tf.Tensor) => {
      const withZeros = tf.concat([dy, tf.zeros([1, width])]);
      return tf.gather(withZeros, tf.tensor1d(places, 'int32'));
    },
  }))(x) as tf.Tensor2D;
}
