import * as tf from '@tensorflow/tfjs-core';
import { wrongOption } from '../errors';
import { clipFactor, globalNorm } from '../math/norms';
import { positiveOrNull, type Rules } from '../options';

/** Limits of gradients, by Keras's names: at most one of them is not null. */
export interface Clipping {
  /** Largest norm of each gradient. */
  readonly clipnorm: number | null;
  /** Largest norm of all gradients together. */
  readonly globalClipnorm: number | null;
  /** Largest absolute value in any gradient. */
  readonly clipvalue: number | null;
}

export const CLIPPING_RULES: Rules<Clipping> = {
  clipnorm: positiveOrNull(null),
  globalClipnorm: positiveOrNull(null),
  clipvalue: positiveOrNull(null),
};

/** @throws SAE_OPTION if several limits are given, of which Keras accepts only one as well. */
export function checkClipping(where: string, { clipnorm, globalClipnorm, clipvalue }: Clipping) {
  const given = Object.entries({ clipnorm, globalClipnorm, clipvalue }).filter(
    ([, limit]) => limit !== null,
  );
  if (given.length <= 1) return;
  const expected = 'at most one of clipnorm, globalClipnorm and clipvalue';
  throw wrongOption(where, expected, Object.fromEntries(given), 'Choose one limit.');
}

/**
 * Returns how these gradients are clipped (keras/src/optimizers/base_optimizer.py,
 * `_clip_gradients`).
 *
 * @returns a function of one gradient; call it in the same tidy, which disposes all of it.
 */
export function clipperOf(
  { clipnorm, globalClipnorm, clipvalue }: Clipping,
  gradients: readonly tf.Tensor[],
): (gradient: tf.Tensor) => tf.Tensor {
  if (clipnorm !== null) {
    return (g) => tf.div(tf.mul(g, clipnorm), tf.maximum(globalNorm([g]), clipnorm));
  }
  if (clipvalue !== null) return (g) => tf.clipByValue(g, -clipvalue, clipvalue);
  if (globalClipnorm === null || gradients.length === 0) return (g) => g;
  const factor = clipFactor(globalNorm(gradients), globalClipnorm);
  return (g) => tf.mul(g, factor);
}
