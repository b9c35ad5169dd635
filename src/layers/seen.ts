import * as tf from '@tensorflow/tfjs-core';
import type { Seen } from './contract';

/** What codes `[batch, features]` show of their batch; the caller disposes it. */
export function seenIn(codes: tf.Tensor2D): Seen {
  const fires = tf.step(codes); // [batch, features]
  const nothing = tf.sub(1, fires);
  // Where a feature does not fire the largest code stands in, which is not less than the least one.
  const least = tf.min(tf.add(codes, tf.mul(nothing, tf.max(codes)))) as tf.Scalar;
  return { rows: codes.shape[0], firing: tf.sum<tf.Tensor1D>(fires, 0), least };
}
