import * as tf from '@tensorflow/tfjs-core';
import type { SAEModel } from 'gated-sae-tfjs';
import type { Encoded } from '../protocol';
import { directions } from './directions';

/** The features that are active on an image `[PIXELS]`, the strongest first. */
export async function encode(model: SAEModel, image: Float32Array): Promise<Encoded> {
  const x = tf.tensor2d(image, [1, image.length]);
  const { indices, values } = await model.encodeSparse(x);
  x.dispose();
  const order = [...indices.keys()].sort((a, b) => (values[b] as number) - (values[a] as number));
  const features = Uint32Array.from(order, (i) => indices[i] as number);
  const activations = Float32Array.from(order, (i) => values[i] as number);
  return { features, activations, rows: await directions(model, features) };
}
