/** Gated SAEs that gated-sae-tf and Keras have saved, opened as dictionaries. */
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { encodeSAE, inspectSAE, loadDirections, loadSAE, ReluSAE } from '../../../src';
import {
  bytesOf,
  expectedOf,
  FIXTURES,
  FOLDERS,
  filesIn,
  NEWEST,
  tensorOf,
} from '../keras/fixture';

/** Those of float32 that something was computed from, by their places. */
const saved = FOLDERS.flatMap((folder) =>
  ['.keras', '.weights.h5'].flatMap((ending) =>
    filesIn(join(FIXTURES, folder), ending)
      .filter((name) => /^gsae_/.test(name) && !/float16|of_rows/.test(name))
      .map((name) => join(folder, name)),
  ),
).filter((place) => (expectedOf(join(FIXTURES, place)).outputs ?? []).length > 0);
const WEIGHTS = join(NEWEST, 'gsae_trained_weights.weights.h5');

test.each(saved)('%s computes what Keras does', async (place) => {
  const file = join(FIXTURES, place);
  const { inputs, outputs } = expectedOf(file);
  const [x, y] = [inputs[0], outputs[0]].map((array) => tensorOf(array as (typeof inputs)[0]));
  const sae = await loadSAE(file);
  const made = await sae.reconstruct(x as tf.Tensor2D);
  const apart = tf.tidy(() => tf.max(tf.abs(tf.sub(made, y as tf.Tensor))).dataSync()[0]);
  expect(apart).toBeLessThan(1e-5);
  tf.dispose([x, y, made]);
  sae.dispose();
});

test('weights alone are looked at, and some of them read, without the others', async () => {
  const { format, architecture, options, weights } = await inspectSAE(WEIGHTS);
  expect({ format, architecture, names: weights.map(({ name }) => name) }).toEqual({
    ...{ format: 'keras-weights', architecture: 'gated' },
    names: ['W_gate', 'b_gate', 'r_mag', 'b_mag', 'W_dec', 'b_dec'],
  });
  const { arrays } = expectedOf(WEIGHTS);
  const decoder = arrays['vars/4'] as (typeof arrays)[string];
  expect(decoder.shape).toEqual([options['encodingDim'], options['inputDim']]);
  const { directions } = await loadDirections(WEIGHTS, [2]);
  const width = decoder.shape[1] as number;
  const all = new Float32Array(bytesOf(decoder).slice().buffer);
  expect(directions).toEqual(all.slice(2 * width, 3 * width));
});

test('weights of another model are refused', async () => {
  const others = filesIn(NEWEST, '.weights.h5').filter((name) => !name.startsWith('gsae'));
  expect(others.length).toBeGreaterThan(0);
  for (const name of others) {
    const file = join(NEWEST, name);
    const said = 'expected the six arrays of a Gated SAE; received vars';
    await expect(loadSAE(file)).toBeRefused('SAE_UNSUPPORTED', file, said.replace(' vars', ' '));
  }
});

test('a model that only holds a dictionary is refused', async () => {
  const file = join(NEWEST, 'gsae_of_rows.keras');
  const said = 'expected a sparse autoencoder; received a Functional.';
  await expect(loadSAE(file, { features: [0] })).toBeRefused('SAE_FILE', file, said);
});

test('a dictionary that is no Gated SAE is not written as weights alone', async () => {
  const sae = new ReluSAE({ inputDim: 4, encodingDim: 6 });
  await expect(encodeSAE(sae, { format: 'keras-weights' })).rejects.toThrow(
    'received one of the architecture "relu". Save it as a .keras file, which says what it is.',
  );
  sae.dispose();
});
