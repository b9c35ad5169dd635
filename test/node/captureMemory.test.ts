import * as tf from '@tensorflow/tfjs';
import { captureActivations, hookedModel, spliceSAE, TopKSAE } from '../../src';
import { heldMemory } from '../heldMemory';

jest.setTimeout(120_000);

const BATCHES = 10_000;
const EXAMPLES = 8;
const WIDTH = 256;
/** What all batches together would have, if they stayed: of what grew with them a tenth would be seen. */
const MOST_BYTES = (BATCHES * EXAMPLES * WIDTH * 4) / 10;
const isMarked = (batch: number) => batch % 2000 === 1999;

function smallModel(): tf.LayersModel {
  const { dense } = tf.layers;
  return tf.sequential({
    layers: [dense({ units: WIDTH, inputShape: [4], name: 'hidden' }), dense({ units: 2 })],
  });
}

/** Takes a mark now and then while something is done for each batch, and compares them. */
async function staysFlat(each: (batch: number) => Promise<void>): Promise<void> {
  const marks: { bytes: number; tensors: number }[] = [];
  for (let batch = 0; batch < BATCHES; batch++) {
    await each(batch);
    if (isMarked(batch)) {
      marks.push({ bytes: await heldMemory(), tensors: tf.memory().numTensors });
    }
  }
  const [first, ...later] = marks.map(({ bytes }) => bytes) as [number, ...number[]];
  expect(later).toHaveLength(4);
  expect(Math.max(...later) - first).toBeLessThan(MOST_BYTES);
  expect(new Set(marks.map(({ tensors }) => tensors)).size).toBe(1);
}

/** Batches without an end. */
const endless = {
  iterator: () => ({
    next: async () => ({ value: tf.ones([EXAMPLES, 4]), done: false as const }),
  }),
};

test.each(['a model of layers', 'a hand-written one'])(
  'memory stays as it is over 10,000 batches captured from %s',
  async (kind) => {
    const layers = smallModel();
    const model =
      kind === 'a model of layers'
        ? layers
        : hookedModel((inputs, hook) => {
            const [first, last] = layers.layers as [tf.layers.Layer, tf.layers.Layer];
            const hidden = hook('hidden', first.apply(inputs as tf.Tensor) as tf.Tensor);
            return last.apply(hidden) as tf.Tensor;
          });
    const rows = captureActivations(model, 'hidden', endless, { maxNorm: 5 }).iterator();
    await staysFlat(async () => {
      const { value } = await rows.next();
      value?.xs.dispose();
    });
    layers.dispose();
  },
);

test('and over 10,000 runs of a model with a dictionary in it', async () => {
  const model = smallModel();
  const sae = new TopKSAE({ inputDim: WIDTH, encodingDim: WIDTH, k: 4 });
  const spliced = spliceSAE(model, 'hidden', sae, { mode: 'clamp', features: [3], value: 2 });
  const x = tf.ones([EXAMPLES, 4]);
  await staysFlat(async () => {
    const output = spliced.predict(x) as tf.Tensor;
    await output.data();
    output.dispose();
  });
  for (const each of [x, spliced, sae, model]) each.dispose();
});
