import * as tf from '@tensorflow/tfjs-core';
import { disposedTensor, wrongData, wrongRows } from '../errors';

/**
 * Returns the number of rows in a tensor or array of this shape, whose last axis is a row's values.
 */
export const rowCount = (shape: readonly number[]): number =>
  tf.util.sizeFromShape(shape.slice(0, -1));

/** Tensor types that are not real numbers. */
const NO_NUMBERS = ['string', 'complex64'];

/**
 * Checks that `x` is rows: a tensor of numbers `[..., width]`.
 *
 * @param width null for any
 * @throws SAE_SHAPE if its last axis has another width, SAE_STATE if it is disposed, SAE_DATA if it
 *   is not such a tensor.
 */
export function assertRows(
  where: string,
  x: unknown,
  width: number | null,
): asserts x is tf.Tensor {
  if (!(x instanceof tf.Tensor) || NO_NUMBERS.includes(x.dtype)) throw wrongData(where, x);
  if (x.isDisposed) throw disposedTensor(where);
  if (x.rank < 2 || x.shape.at(-1) !== (width ?? x.shape.at(-1)))
    throw wrongRows(where, width, x.shape);
}

/**
 * Returns a tensor `[..., width]` as rows `[rows, width]`, without copying.
 *
 * @returns `x` itself if it has two axes, otherwise a new tensor, which the caller disposes.
 */
export function asRows(x: tf.Tensor): tf.Tensor2D {
  if (x.rank === 2) return x as tf.Tensor2D;
  return tf.reshape(x, [rowCount(x.shape), x.shape.at(-1) as number]);
}

/**
 * Returns rows `[rows, width]` in the leading dimensions of `x`, `[..., width]`, without copying.
 *
 * @returns `rows` itself if `x` has two axes, otherwise a new tensor besides `rows`.
 */
export function inDimsOf<T extends tf.Tensor>(x: T, rows: tf.Tensor2D): T {
  if (x.rank === 2) return rows as tf.Tensor as T;
  return tf.reshape(rows, [...x.shape.slice(0, -1), rows.shape[1]]) as T;
}

/**
 * Applies `act` to the rows of `x`, and gives the result the leading dimensions of `x`.
 *
 * @param x `[..., width]`
 * @param act takes `[rows, width]` and returns as many rows
 * @returns `[..., width of the result]`; call it within `tf.tidy` if `x` has more than two axes.
 */
export function inLeadingDims<T extends tf.Tensor>(
  x: T,
  act: (rows: tf.Tensor2D) => tf.Tensor2D,
): T {
  return inDimsOf(x, act(asRows(x)));
}
