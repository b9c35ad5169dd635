import * as tf from '@tensorflow/tfjs-core';

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

  /** Has the loss of the last call, where that was with `x`, replaced by what `make` gives. */
  replaceLast(x: tf.Tensor, make: (loss: tf.Scalar) => tf.Scalar | undefined): void {
    const last = this.waiting.at(-1);
    if (last?.x !== x) return;
    const loss = make(last.loss);
    if (loss === undefined) return;
    last.loss.dispose();
    last.loss = tf.keep(loss);
  }

  dispose(): void {
    tf.dispose(this.waiting.map(({ loss }) => loss));
    this.waiting = [];
  }
}
