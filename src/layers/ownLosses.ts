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
 * the layer stands in the model; each asking gets the loss of one call, first in, first out.
 */
export class OwnLosses {
  private waiting: { loss: tf.Scalar; tape: object }[] = [];

  /** Takes over `loss` until somebody asks for it. */
  add(loss: tf.Scalar, tape: object): void {
    // A pass that nobody asked about (its model threw, or was called by hand) must not leak.
    for (const stale of this.waiting.filter((w) => w.tape !== tape)) stale.loss.dispose();
    this.waiting = this.waiting.filter((w) => w.tape === tape);
    this.waiting.push({ loss: tf.keep(loss), tape });
  }

  /** The next waiting loss, still on its tape; the caller disposes it. Zero where none waits. */
  next(): tf.Scalar {
    const first = this.waiting.shift();
    if (first === undefined) return tf.scalar(0);
    const loss = tf.clone(first.loss);
    first.loss.dispose();
    return loss;
  }

  dispose(): void {
    for (const { loss } of this.waiting) loss.dispose();
    this.waiting = [];
  }
}
