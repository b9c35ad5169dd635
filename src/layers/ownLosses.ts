import * as tf from '@tensorflow/tfjs-core';
import { asRows } from '../math/leadingDims';

/** The gradient tape that is recording, or undefined when none is. */
export function recordingTape(): object | undefined {
  const { gradientDepth, activeTape } = tf.engine().state;
  return gradientDepth > 0 ? activeTape : undefined;
}

/**
 * The losses that a layer's calls leave for `model.fit` to add.
 *
 * tfjs-layers asks for a layer's losses after the whole forward pass, once for each place where
 * the layer stands in the model. A layer of somebody's may call it more often than it is asked: the
 * first asking gets the sum of all calls, and the others 0.
 */
export class OwnLosses {
  private waiting: { loss: tf.Scalar; x: tf.Tensor }[] = [];
  private tape: object | undefined;

  /** @param onLost told once, where a pass has ended whose losses nobody has asked for */
  constructor(private onLost: () => void) {}

  /** Takes over the loss of a call with `x` until somebody asks for it. */
  add(loss: tf.Scalar, x: tf.Tensor, tape: object): void {
    if (this.tape !== tape && this.waiting.length > 0) {
      this.dispose();
      this.onLost();
      this.onLost = () => {};
    }
    this.tape = tape;
    this.waiting.push({ loss: tf.keep(loss), x });
  }

  /** The sum of what waits, on its tape; the caller disposes it. Zero where nothing waits. */
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
   * Has the loss of the last call, where that was with `x`, count only the rows that a mask keeps.
   *
   * @param lossOf the loss of such rows
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
 * The rows of `x` that a mask keeps.
 *
 * @param x `[batch, ..., width]`
 * @param mask true for what counts: `[batch]`, `[batch, steps]`, …, of the leading axes of `x`. It is
 * read at once, which on a GPU means to wait for it.
 * @returns `[rows, width]`, with a gradient; undefined where the mask keeps all, or is not of `x`.
 */
function unmaskedRows(x: tf.Tensor, mask: tf.Tensor): tf.Tensor2D | undefined {
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
