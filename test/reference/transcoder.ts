import * as tf from '@tensorflow/tfjs';
import type { NamedWeights, Reference, ReferencePass } from './index';

/**
 * A transcoder by the formulas of its architecture's autoencoder: of rows `[x, 0]` that are to become
 * `[0, y]`, with a bias `[0, b_dec + x · W_skip]` of each row's own, of which nothing is left in the
 * encoder's product.
 *
 * @param matrix the name of the encoder's matrix
 */
export function transcoded(
  reference: Reference,
  matrix: string,
  x: tf.Tensor2D,
  y: tf.Tensor2D,
  weights: NamedWeights,
  options: never,
  training = true,
): ReferencePass {
  const { W_dec, b_dec, W_skip, ...encoder } = weights as Record<string, tf.Tensor2D>;
  const [batch, inputDim] = x.shape;
  const [features, outputDim] = (W_dec as tf.Tensor2D).shape;
  const bias = tf.add(W_skip ? tf.matMul(x, W_skip) : tf.zerosLike(y), b_dec as tf.Tensor);
  const left = (t: tf.Tensor2D, rows: number) => tf.concat([t, tf.zeros([rows, outputDim])], 1);
  const right = (t: tf.Tensor2D, rows: number) => tf.concat([tf.zeros([rows, inputDim]), t], 1);
  const pass = reference(
    left(x, batch) as tf.Tensor2D,
    right(y, batch) as tf.Tensor2D,
    {
      ...encoder,
      [matrix]: tf.concat([encoder[matrix] as tf.Tensor2D, tf.zeros([outputDim, features])], 0),
      W_dec: right(W_dec as tf.Tensor2D, features),
      b_dec: right(bias as tf.Tensor2D, batch),
    },
    options,
    training,
  );
  const reconstruction = tf.slice(pass.reconstruction, [0, inputDim], [batch, outputDim]);
  return { ...pass, reconstruction };
}
