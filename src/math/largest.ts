import * as tf from '@tensorflow/tfjs-core';

/**
 * Marks the largest numbers of each row: exactly `count`, the first ones among equals, on every
 * backend.
 *
 * @param x `[rows, columns]`
 * @param count how many, from 1 to the number of columns
 * @returns `[rows, columns]` of ones and zeros, through which no gradient passes; the caller
 *   disposes it.
 */
export function largestOfRows(x: tf.Tensor2D, count: number): tf.Tensor2D {
  return tf.customGrad((t) => ({
    value: find(t as tf.Tensor2D, count),
    gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
  }))(x) as tf.Tensor2D;
}

/**
 * Marks the largest of all numbers together; among equals those of the first columns, then of the
 * first rows.
 *
 * @param count how many, from 1 to the total number
 */
export function largestOfAll(x: tf.Tensor2D, count: number): tf.Tensor2D {
  const [rows, columns] = x.shape;
  return tf.tidy(() => {
    const inOrder = tf.reshape<tf.Rank.R2>(tf.transpose(x), [1, rows * columns]);
    const found = largestOfRows(inOrder, count);
    return tf.transpose(tf.reshape<tf.Rank.R2>(found, [columns, rows]));
  });
}

function find(x: tf.Tensor2D, count: number): tf.Tensor2D {
  return tf.tidy(() => {
    const { values } = tf.topk(x, count, true); // [rows, count]
    const least = tf.slice(values, [0, count - 1], [-1, 1]); // [rows, 1]
    const above = tf.step<tf.Tensor2D>(tf.sub(x, least));
    const equal = tf.sub(tf.sub(1, above), tf.step(tf.sub(least, x)));
    const places = tf.sub(count, tf.sum(above, 1, true)); // [rows, 1], available for equal ones
    const number = tf.cumsum(equal, 1); // 1 for the first of them, 2 for the second
    return tf.add(above, tf.mul(equal, tf.step(tf.sub(tf.add(places, 0.5), number))));
  });
}
