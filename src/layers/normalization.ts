import * as tf from '@tensorflow/tfjs-core';
import { oneOf } from '../options';
import type { StateSpec } from './contract';

/**
 * How rows are scaled before they are encoded; reconstructions are scaled back.
 *
 * - `'none'`: rows stay as they are.
 * - `'mean-norm'`: every row is multiplied by one number, so that the mean L2 norm of the training
 *   rows is √width. The number is the weight `scale`, learnt before the first step. SAELens:
 *   `expected_average_only_in`.
 * - `'layer-norm'`: each row minus its mean, divided by its standard deviation.
 * - `'constant'`: each row is scaled to norm √width. SAELens: `constant_norm_rescale`.
 */
export type Normalization = 'none' | 'mean-norm' | 'layer-norm' | 'constant';

const NAMES: readonly Normalization[] = ['none', 'mean-norm', 'layer-norm', 'constant'];
export const normalizeRule = oneOf<Normalization>(NAMES, 'none');

/** The weight of `'mean-norm'`; 0 until it has been learnt, and rows are then left as they are. */
export const SCALE = 'scale';
export const SCALE_STATE: Readonly<Record<string, StateSpec>> = {
  [SCALE]: { of: 'dictionary', start: 0 },
};

/** A dictionary that normalizes its rows. */
export interface Normalizing {
  readonly normalize: Normalization;
  read<T extends tf.Tensor>(name: string): T;
}

/**
 * How some rows are normalized: `(x − shift) · factor` on the way in, `y · inverse + shift` on the
 * way out; each value is `[batch, 1]` or a scalar.
 */
export type Frame = {
  readonly factor: tf.Tensor;
  readonly inverse: tf.Tensor;
  readonly shift?: tf.Tensor;
};

/** The smallest squared norm: it keeps rows of zeros at zero. */
const TINY = 1e-30;
/** What SAELens adds to a standard deviation before dividing by it. */
const EPSILON = 1e-5;

/** Returns the L2 norm of each row, `[batch, 1]`, with a gradient for rows of zeros too. */
const normsOf = (rows: tf.Tensor2D): tf.Tensor =>
  tf.sqrt(tf.maximum(tf.sum(tf.square(rows), 1, true), TINY));

/**
 * Returns how rows `[batch, width]` are normalized; undefined if they are left as they are. Uses
 * differentiable operations only.
 *
 * $$
 * \begin{aligned}
 * \text{layer-norm:} \quad \bar x &= (x - \mu) \,/\, (\sigma + 10^{-5}), & \hat x &= y\,\sigma + \mu \\
 * \text{constant:} \quad \bar x &= x\,\sqrt d \,/\, \lVert x\rVert, & \hat x &= y\,\lVert x\rVert \,/\, \sqrt d \\
 * \text{mean-norm:} \quad \bar x &= s\,x, & \hat x &= y \,/\, s
 * \end{aligned}
 * $$
 *
 * where μ is the mean of a row's $d$ values, σ their standard deviation (the sum of squares divided
 * by $d - 1$), and $s$ the weight `scale`.
 *
 * @returns the caller disposes it, best by calling from within `tf.tidy`.
 */
export function frameOf(layer: Normalizing, rows: tf.Tensor2D): Frame | undefined {
  const width = rows.shape[1];
  if (layer.normalize === 'none') return undefined;
  if (layer.normalize === 'mean-norm') return scaleFrame(layer);
  if (layer.normalize === 'constant') {
    const inverse = tf.div(normsOf(rows), Math.sqrt(width));
    return { factor: tf.div(1, inverse), inverse };
  }
  const shift = tf.mean(rows, 1, true);
  const norms = normsOf(tf.sub(rows, shift));
  const inverse = tf.div(norms, Math.sqrt(Math.max(1, width - 1)));
  return { factor: tf.div(1, tf.add(inverse, EPSILON)), inverse, shift };
}

/**
 * Returns the frame if it does not depend on the rows, as with `'mean-norm'`: for codes without
 * their rows.
 */
export function scaleFrame(layer: Normalizing): Frame | undefined {
  if (layer.normalize !== 'mean-norm') return undefined;
  const scale = layer.read(SCALE);
  const factor = tf.where(tf.greater(scale, 0), scale, tf.onesLike(scale));
  return { factor, inverse: tf.div(1, factor) };
}

/** Returns rows normalized for the dictionary; the same tensor without a frame. */
export function into(frame: Frame | undefined, rows: tf.Tensor2D): tf.Tensor2D {
  if (frame === undefined) return rows;
  return tf.mul(frame.shift ? tf.sub(rows, frame.shift) : rows, frame.factor);
}

/** Returns reconstructions scaled back; the same tensor without a frame. */
export function outOf(frame: Frame | undefined, rows: tf.Tensor2D): tf.Tensor2D {
  if (frame === undefined) return rows;
  const scaled = tf.mul<tf.Tensor2D>(rows, frame.inverse);
  return frame.shift ? tf.add(scaled, frame.shift) : scaled;
}

/**
 * Calls `act` with rows and target normalized (the same tensors if the dictionary does not
 * normalize), and with a function that scales a reconstruction back and disposes it.
 */
export async function normalized<T>(
  layer: Normalizing,
  x: tf.Tensor2D,
  target: tf.Tensor2D,
  act: (
    x: tf.Tensor2D,
    target: tf.Tensor2D,
    back: (rows: tf.Tensor2D) => tf.Tensor2D,
  ) => Promise<T>,
): Promise<T> {
  if (layer.normalize === 'none') return act(x, target, (rows) => rows);
  const { made, frame } = tf.tidy(() => {
    const frame = frameOf(layer, x) as Frame;
    const rows = into(frame, x);
    return { frame, made: { rows, wanted: target === x ? rows : into(frame, target) } };
  });
  try {
    return await act(made.rows, made.wanted, (rows) => {
      const back = tf.tidy(() => outOf(frame, rows));
      rows.dispose();
      return back;
    });
  } finally {
    tf.dispose([made, frame]);
  }
}

/**
 * Returns the factor that gives rows the mean norm √width, `[]`; 0 for rows of zeros.
 *
 * @returns the caller disposes it, best by calling from within `tf.tidy`.
 */
export function scaleOf(rows: tf.Tensor2D): tf.Scalar {
  const mean = tf.mean(tf.norm(rows, 2, 1)) as tf.Scalar;
  return tf.divNoNan(Math.sqrt(rows.shape[1]), mean);
}

/** Returns the scale, learnt from these rows unless it is set already; the caller disposes it. */
export function scaleAfter(layer: Normalizing, rows: tf.Tensor2D): tf.Scalar {
  const scale = layer.read<tf.Scalar>(SCALE);
  return tf.where(tf.greater(scale, 0), scale, scaleOf(rows));
}
