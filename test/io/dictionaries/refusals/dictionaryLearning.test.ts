/** Files of dictionary_learning that contradict themselves, or do not say enough. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSAE } from '../../../../src';
import { chosen, expectRefused, type Shapes, safetensorsOf } from './given';

const TOPK: Shapes = {
  'encoder.weight': [5, 3],
  'encoder.bias': [5],
  'decoder.weight': [3, 5],
  b_dec: [3],
};
const LEARNT: Shapes = { ...TOPK, k: [], threshold: [] };
const MATRYOSHKA: Shapes = {
  ...{ W_enc: [3, 5], b_enc: [5], W_dec: [5, 3], b_dec: [3] },
  ...{ k: [], threshold: [], group_sizes: [2] },
};
const TRAINER = { dict_class: 'AutoEncoderTopK', activation_dim: 3, dict_size: 5, k: 2 };

const files = (shapes: Shapes, trainer: unknown = TRAINER) => ({
  'ae.safetensors': safetensorsOf(shapes),
  'config.json': { trainer, buffer: { ctx_len: 128 } },
});

test.each<[string, object, string, RegExp]>([
  [
    'another class',
    files(TOPK, { ...TRAINER, dict_class: 'IdentityDict' }),
    'SAE_UNSUPPORTED',
    /AutoEncoder, AutoEncoderNew.*received "IdentityDict"/,
  ],
  [
    "a class by an object's own name",
    files(TOPK, { ...TRAINER, dict_class: 'constructor' }),
    'SAE_UNSUPPORTED',
    /received "constructor"/,
  ],
  [
    'a class of other tensors',
    files(TOPK, { ...TRAINER, dict_class: 'GatedAutoEncoder' }),
    'SAE_FILE',
    /tensors gate_bias, r_mag, mag_bias, decoder_bias/,
  ],
  [
    'another width',
    files(TOPK, { ...TRAINER, activation_dim: 4 }),
    'SAE_SHAPE',
    /encoder\.weight of shape \[5, 4\]; received \[5, 3\]/,
  ],
  ['no width', files(TOPK, { ...TRAINER, dict_size: 0 }), 'SAE_FILE', /dict_size: an integer/],
  ['another k than that of its tensors', files(LEARNT), 'SAE_FILE', /with k: 0, as its tensors/],
  [
    'more features that fire than there are',
    files(TOPK, { ...TRAINER, k: 6 }),
    'SAE_FILE',
    /1 to 5/,
  ],
  ['no k', files(TOPK, { ...TRAINER, k: null }), 'SAE_FILE', /with k: an integer above 0/],
  [
    'a k of many numbers',
    files({ ...LEARNT, k: [2000] }),
    'SAE_FILE',
    /at most 1 numbers as k; received \[2000\]/,
  ],
  [
    'groups that do not add up',
    {
      ...files(MATRYOSHKA, { ...TRAINER, dict_class: 'MatryoshkaBatchTopKSAE' }),
      'ae.safetensors': safetensorsOf(MATRYOSHKA, 2),
    },
    'SAE_FILE',
    /group_sizes that add up to 5; received 2,2/,
  ],
  ['one tensor more', files({ ...TOPK, other: [3] }), 'SAE_FILE', /"other"/],
  [
    'tensors of two classes, without a configuration',
    { 'ae.safetensors': safetensorsOf(LEARNT) },
    'SAE_UNSUPPORTED',
    /AutoEncoderTopK and BatchTopKSAE have alike\. Put the config\.json of its training beside it/,
  ],
  [
    'tensors of nobody, without a configuration',
    { 'ae.safetensors': safetensorsOf({ a: [2] }), 'config.json': {} },
    'SAE_FILE',
    /config\.json beside ae\.safetensors; received none with dict_class/,
  ],
  [
    'what is no pickle',
    { 'ae.pt': new Uint8Array(40), 'config.json': { trainer: TRAINER } },
    'SAE_FILE',
    /a file of tensors/,
  ],
])('refuses %s', (_, given, code, text) => expectRefused({ ...given }, code, text));

test('a file of its own is opened where its tensors say what they are, and refused where not', async () => {
  const fixture = (name: string) =>
    new Uint8Array(readFileSync(join(__dirname, '..', 'fixtures', name, 'ae.pt')));
  const [gated] = chosen({ 'gate.pt': fixture('dictionary_learning_gated_alone') });
  const sae = await loadSAE(gated as File);
  expect(sae.getClassName()).toBe('GatedSAE');
  sae.dispose();
  const [topk] = chosen({ 'topk.pt': fixture('dictionary_learning_topk') });
  await expect(loadSAE(topk as File)).rejects.toThrow(/Put the config\.json of its training/);
});
