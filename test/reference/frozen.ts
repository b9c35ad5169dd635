import * as tf from '@tensorflow/tfjs';

/** The identity, through which no gradient passes. */
export const frozen = tf.customGrad((t) => ({
  value: tf.clone(t as tf.Tensor),
  gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
}));
