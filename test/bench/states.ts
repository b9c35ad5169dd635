import * as tf from '@tensorflow/tfjs';
import { GatedSAE } from '../../src';
import { ByteRows } from '../../src/activations/byteRows';
import { splitRows } from '../../src/activations/shuffle';
import {
  ALL_IMAGES,
  HELD_OUT_IMAGES,
  IMAGE_SIZE,
  readFashionMnist,
} from '../../src/cli/data/fashionMnist';
import { unitRows } from '../../src/math/norms';
import { type Draft, observed } from './observedState';
import type { State } from './state';
import type { Trained } from './trainedModel';

export const SMALL = { batch: 256, inputDim: IMAGE_SIZE, features: 6272 } as const;
const LARGE = { batch: 512, inputDim: 768, features: 24_576 } as const;
const LARGE_L0 = 64;

/** The states of 784 → 6,272 on images that the trained model has seen. */
export async function fashionStates({ model, seed }: Trained): Promise<State[]> {
  const { pixels } = await readFashionMnist([__dirname]);
  const order = splitRows(ALL_IMAGES, HELD_OUT_IMAGES, seed).training;
  const rows = (batchSize: number) =>
    new ByteRows({ bytes: pixels, width: IMAGE_SIZE, order, batchSize });
  const { value } = await rows(SMALL.batch).iterator().next();
  const x = floats(value as tf.Tensor2D);

  const fresh = new GatedSAE({ inputDim: SMALL.inputDim, encodingDim: SMALL.features, seed });
  await fresh.initDecoderBias(rows(1000));
  const start: Draft = { ...SMALL, name: 'start', title: 'start of training', x, ...from(fresh) };
  const trained: Draft = { ...SMALL, name: 'trained', title: 'trained', x, ...from(model) };
  return [
    observed(start),
    observed(trained),
    observed({ ...trained, name: 'l0-100', title: 'L0 100' }, 100),
    observed({ ...trained, name: 'l0-40', title: 'L0 40' }, 40),
  ];
}

/** The state of 768 → 24,576: random, for there is no such data here. */
export const largeState = (): State => randomState('large', LARGE, LARGE_L0);

/** Random rows and weights, brought to a mean L0. */
export function randomState(name: string, sizes: typeof SMALL | typeof LARGE, l0: number): State {
  const { batch, inputDim, features: encodingDim } = sizes;
  const x = floats(tf.randomNormal([batch, inputDim], 0, 1, 'float32', 1));
  const fresh = new GatedSAE({ inputDim, encodingDim, seed: 1 });
  return observed({ ...sizes, name, title: `L0 ${l0}`, x, ...from(fresh) }, l0);
}

/** A model's weights, with decoder rows of norm 1, as its first step leaves them; disposes it. */
function from(model: GatedSAE): { weights: Float32Array[] } {
  tf.tidy(() => {
    model.sae.wDec.write(unitRows(model.sae.wDec.read() as tf.Tensor2D));
  });
  const weights = model.getWeights().map((weight) => weight.dataSync<'float32'>().slice());
  model.dispose();
  return { weights };
}

function floats(rows: tf.Tensor): Float32Array {
  const values = rows.dataSync<'float32'>().slice();
  rows.dispose();
  return values;
}
