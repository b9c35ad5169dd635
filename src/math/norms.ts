import * as tf from '@tensorflow/tfjs-core';

/** Returns the Euclidean norm of plain numbers, in double precision. */
export const normOf = (values: Float32Array): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

/** Divides each of the rows `[rows, width]`, flat, by its norm; rows of zeros stay unchanged. */
export function unitLength(rows: Float32Array, width: number): Float32Array {
  const unit = new Float32Array(rows.length);
  for (let start = 0; start < rows.length; start += width) {
    let squared = 0;
    for (let i = start; i < start + width; i++) squared += (rows[i] as number) ** 2;
    const norm = Math.sqrt(squared) || 1;
    for (let i = start; i < start + width; i++) unit[i] = (rows[i] as number) / norm;
  }
  return unit;
}

/**
 * Rows with a smaller squared norm count as zero and are left unchanged (TensorFlow's
 * l2_normalize).
 */
const SMALLEST_SQUARED_NORM = 1e-12;

/**
 * Divides each row by its Euclidean norm: `w / √max(Σ w², 1e-12)`, TensorFlow's `l2_normalize`.
 *
 * @param w `[features, inputDim]`
 * @returns the same shape; the caller disposes it.
 */
export function unitRows(w: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => {
    const squared = tf.sum(tf.square(w), 1, true); // [features, 1]
    return tf.div(w, tf.sqrt(tf.maximum(squared, SMALLEST_SQUARED_NORM))) as tf.Tensor2D;
  });
}

/** The smallest normal number above 0: the divisor for a row of zeros. */
const SMALLEST = 2 ** -126;

/**
 * Returns the part of each row of a gradient that is orthogonal to the matrix row it belongs to:
 * `g − (g · w / ‖w‖²) w`.
 *
 * @param gradient `[features, inputDim]`
 * @param w `[features, inputDim]`
 * @returns the same shape; the caller disposes it.
 */
export function acrossRows(gradient: tf.Tensor2D, w: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => {
    const along = tf.sum(tf.mul(gradient, w), 1, true); // [features, 1]
    const squared = tf.maximum(tf.sum(tf.square(w), 1, true), SMALLEST); // [features, 1]
    return tf.sub(gradient, tf.mul(w, tf.div(along, squared)));
  });
}

/**
 * Returns the Euclidean norm of all given tensors taken as one vector.
 *
 * It sums row by row first: a single float32 sum over millions of squares would lose four digits.
 *
 * @returns a scalar; the caller disposes it.
 */
export function globalNorm(tensors: readonly tf.Tensor[]): tf.Scalar {
  return tf.tidy(() => {
    const squares = tensors.map((t) => {
      const rows = tf.reshape(t, [-1, t.shape.at(-1) ?? 1]);
      return tf.sum(tf.sum(tf.square(rows), 1)) as tf.Scalar;
    });
    return tf.sqrt(tf.addN(squares));
  });
}

/**
 * Returns the factor that reduces a global norm to `clipNorm`: TensorFlow's `clip_by_global_norm`.
 *
 * @param norm a scalar tensor
 * @returns a scalar of at most 1; the caller disposes it.
 */
export function clipFactor(norm: tf.Scalar, clipNorm: number): tf.Scalar {
  return tf.tidy(() => tf.mul(clipNorm, tf.minimum(tf.div(1, norm), 1 / clipNorm)));
}
