import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {
  BatchTopKSAE,
  type DictionarySource,
  encodeSAE,
  GatedSAE,
  JumpReLUSAE,
  loadDirections,
  loadSAE,
  MatryoshkaSAE,
  metadataOf,
  ReluSAE,
  type SAEError,
  type SAEModel,
} from '../../../src';
import { FORMATS } from '../../../src/io/dictionaries/formats';
import { rows, stir } from '../../conformance/architecture';
import { expectedIn } from './computes';

const fixture = (name: string) => join(__dirname, 'fixtures', name);
const FEATURES = [7, 0, 4];
/** As many features as inputs: b_dec and a skip connection are as wide as what has features. */
const SIZES = { inputDim: 8, encodingDim: 8, seed: 1 };
const KINDS: readonly (readonly [string, () => SAEModel])[] = [
  ['gated', () => new GatedSAE(SIZES)],
  ['gated, with counts', () => new GatedSAE({ ...SIZES, auxK: 2 })],
  ['relu of mean norm', () => new ReluSAE({ ...SIZES, normalize: 'mean-norm' })],
  ['jumprelu with a skip', () => new JumpReLUSAE({ ...SIZES, skip: true })],
  ['batchtopk', () => new BatchTopKSAE({ ...SIZES, k: 3 })],
  ['matryoshka', () => new MatryoshkaSAE({ ...SIZES, k: 3 })],
];

/** Codes and decoder rows of some features are those that they have in the whole. */
async function expectSame(source: DictionarySource, x: number[][]): Promise<void> {
  const whole = await loadSAE(source);
  const some = await loadSAE(source, { features: FEATURES });
  const { directions } = await loadDirections(source, FEATURES);
  expect([some.encodingDim, metadataOf(some).features]).toEqual([3, FEATURES]);
  tf.tidy(() => {
    const rows = tf.tensor2d(x);
    const codes = tf.gather(whole.encode(rows), FEATURES, 1).arraySync();
    const found = some.encode(rows).arraySync() as number[][];
    for (const [row, values] of (codes as number[][]).entries()) {
      for (const [i, code] of values.entries()) expect(found[row]?.[i]).toBeCloseTo(code, 5);
    }
    const kept = tf.gather(whole.sae.wDec.read(), FEATURES);
    expect(kept.arraySync()).toEqual(some.sae.wDec.read().arraySync());
    expect(kept.dataSync()).toEqual(directions);
  });
  whole.dispose();
  some.dispose();
}

test.each([
  'saelens_gated',
  'saelens_uncentred',
  'saelens_jumprelu_skip_transcoder',
  'saelens_batchtopk_checkpoint',
  'saelens_matryoshka_checkpoint',
  'saelens_mean_norm',
  'saelens_whitened',
  'saelens_whitened_gated_uncentred',
  'llama_scope_transcoder',
  'llamascopium_jumprelu',
  'llama_scope_later_free_rows',
  'openai_tied/8.pt',
])('%s: some features have the codes that they have in the whole', (name) =>
  expectSame(fixture(name), expectedIn(fixture(name.replace('/8.pt', ''))).x),
);

describe.each(FORMATS.filter(({ write }) => write).map(({ name }) => name))('%s', (format) => {
  test.each(KINDS)(
    '%s: some features have the codes that they have in the whole',
    async (_, make) => {
      const made = make();
      stir(made.sae);
      const files = await encodeSAE(made, { format }).catch(({ code }: SAEError) => code);
      made.dispose();
      if (!(files instanceof Map)) return expect(files).toBe('SAE_UNSUPPORTED');
      const chosen = [...files].map(([path, bytes]) => new File([bytes as BlobPart], path));
      await expectSame(
        chosen,
        tf.tidy(() => rows(5, 1, 8).arraySync()),
      );
    },
  );
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
