import * as tf from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import type { LayerArgs } from '../../../layers/sparseAutoencoder';

/** A layer without weights that computes in float32, whatever its input. */
export abstract class Preprocessing extends layers.Layer {
  /** @param own the options besides those of every layer, in the form of `getConfig` */
  constructor(
    args: LayerArgs,
    private readonly own: object,
  ) {
    super(args);
  }

  /** @param x float32 */
  protected abstract compute(x: tf.Tensor): tf.Tensor;

  override call(
    inputs: tf.Tensor | tf.Tensor[],
    _kwargs?: Parameters<layers.Layer['call']>[1],
  ): tf.Tensor | tf.Tensor[] {
    return tf.tidy(() => {
      const [x] = Array.isArray(inputs) ? inputs : [inputs];
      return this.compute(tf.cast(x as tf.Tensor, 'float32'));
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...(this.own as tf.serialization.ConfigDict) };
  }
}
