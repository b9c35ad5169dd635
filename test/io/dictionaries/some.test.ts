import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { loadDirections, loadSAE, metadataOf, type SAEError } from '../../../src';
import { expectedIn } from './computes';

const fixture = (name: string) => join(__dirname, 'fixtures', name);
const FEATURES = [7, 0, 4];

test.each([
  'saelens_gated',
  'saelens_uncentred',
  'saelens_jumprelu_skip_transcoder',
  'saelens_batchtopk_checkpoint',
  'saelens_matryoshka_checkpoint',
  'saelens_mean_norm',
])('%s: some features have the codes that they have in the whole', async (name) => {
  const { x } = expectedIn(fixture(name));
  const whole = await loadSAE(fixture(name));
  const some = await loadSAE(fixture(name), { features: FEATURES });
  expect([some.encodingDim, metadataOf(some).features]).toEqual([3, FEATURES]);
  tf.tidy(() => {
    const rows = tf.tensor2d(x);
    const codes = tf.gather(whole.encode(rows), FEATURES, 1).arraySync();
    const found = some.encode(rows).arraySync() as number[][];
    for (const [row, values] of (codes as number[][]).entries()) {
      for (const [i, code] of values.entries()) expect(found[row]?.[i]).toBeCloseTo(code, 5);
    }
    expect(tf.gather(whole.sae.wDec.read(), FEATURES).arraySync()).toEqual(
      some.sae.wDec.read().arraySync(),
    );
  });
  whole.dispose();
  some.dispose();
});

test('directions are the rows of the decoder', async () => {
  const whole = await loadSAE(fixture('saelens_standard'));
  const { directions, outputDim, metadata } = await loadDirections(
    fixture('saelens_standard'),
    FEATURES,
  );
  const rows = tf.tidy(() => tf.gather(whole.sae.wDec.read(), FEATURES).dataSync());
  expect([outputDim, metadata.modelName]).toEqual([6, 'gpt2']);
  expect(directions).toEqual(rows);
  whole.dispose();
});

test('features that there are not, or that depend on all, are refused', async () => {
  const code = (name: string, features: unknown) =>
    loadSAE(fixture(name), { features: features as number[] }).then(
      () => 'opened',
      (error: SAEError) => `${error.code} ${error.message}`,
    );
  for (const wrong of [[], [10], [-1], [0.5], [1, 1], ['1']]) {
    expect(await code('saelens_standard', wrong)).toContain(
      'different numbers of features from 0 to 9',
    );
  }
  expect(await code('saelens_standard', 7)).toContain('SAE_OPTION');
  expect(await code('saelens_topk', [1])).toContain('SAE_UNSUPPORTED');
});
