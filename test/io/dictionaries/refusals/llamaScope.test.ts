/** Dictionaries of OpenMOSS that are damaged, contradict themselves, or are not computed here. */
import { loadSAE } from '../../../../src';
import { Edited } from '../edited';
import { refusesDamage } from './damage';

const OLDER = 'llama_scope_free_rows';
const NEWER = 'llama_scope_later';
const WEIGHTS = 'checkpoints/final.safetensors';
const LATER = 'sae_weights.safetensors';
refusesDamage(OLDER, WEIGHTS);
refusesDamage('llama_scope_later_folded', LATER);

const NORM = 'dataset_average_activation_norm';
const PAIR = `with ${NORM}: "in" and "out", each a number above 0`;

test.each([
  [{ act_fn: 'gelu' }, 'SAE_UNSUPPORTED', 'with act_fn "relu" or "topk" or "jumprelu"'],
  [{ use_glu_encoder: true }, 'SAE_UNSUPPORTED', 'with use_glu_encoder false'],
  [{ norm_activation: 'token-wise' }, 'SAE_UNSUPPORTED', 'with norm_activation "dataset-wise"'],
  [{ [NORM]: { in: 0, out: 1 } }, 'SAE_FILE', PAIR],
  [{ [NORM]: { in: 1 } }, 'SAE_FILE', PAIR],
  [{ [NORM]: undefined }, 'SAE_FILE', PAIR],
  [{ jump_relu_threshold: -1 }, 'SAE_FILE', 'with jump_relu_threshold: at least 0; received -1'],
  [{ act_fn: 'topk', jump_relu_threshold: 0, top_k: 11 }, 'SAE_FILE', 'with top_k: at most its 10'],
  [{ d_model: 1.5 }, 'SAE_FILE', 'with d_model: an integer above 0; received 1.5'],
  [
    { hook_point_out: 'blocks.15.hook_mlp_out', apply_decoder_bias_to_pre_encoder: true },
    'SAE_UNSUPPORTED',
    'with apply_decoder_bias_to_pre_encoder false',
  ],
] as const)('%j', async (entries, code, said) => {
  const one = await Edited.of(OLDER);
  await one.json('hyperparams.json', entries);
  await expect(loadSAE(one.folder)).toBeRefused(
    code,
    one.folder,
    `expected hyperparams.json ${said}`,
  );
});

test('a size that the tensors contradict', async () => {
  const one = await Edited.of(OLDER);
  await one.json('hyperparams.json', { d_sae: 12 });
  const shapes = 'expected encoder.weight of shape [12, 6]; received [10, 6]';
  await expect(loadSAE(one.folder)).toBeRefused('SAE_SHAPE', one.folder, shapes);
});

test('a bias that the configuration leaves out', async () => {
  const one = await Edited.of(OLDER);
  await one.json('hyperparams.json', { use_decoder_bias: false });
  const said = 'expected no other tensors than encoder.weight, encoder.bias, decoder.weight';
  await expect(loadSAE(one.folder)).toBeRefused('SAE_FILE', one.folder, said);
});

test.each([
  [{ sae_type: 'crosscoder' }, 'with sae_type "sae"'],
  [{ act_fn: 'topk' }, 'with act_fn "relu" or "jumprelu"'],
])('the later form with %j', async (entries, said) => {
  const one = await Edited.of(NEWER);
  await one.json('config.json', entries);
  const text = `expected config.json ${said}`;
  await expect(loadSAE(one.folder)).toBeRefused('SAE_UNSUPPORTED', one.folder, text);
});

test.each([
  ['llamascopium_topk', { use_glu_encoder: true }, 'with use_glu_encoder false'],
  ['llamascopium_topk', { act_fn: 'layertopk' }, 'with act_fn "relu" or "jumprelu" or "topk"'],
  ['llamascopium_topk', { norm_activation: 'batch-wise' }, 'with norm_activation "dataset-wise"'],
  ['llamascopium_transcoder', { norm_activation: 'token-wise' }, 'with norm_activation "dataset'],
] as const)('%s, as Llamascopium has it, with %j', async (name, entries, said) => {
  const one = await Edited.of(name);
  await one.json('config.json', entries);
  const text = `expected config.json ${said}`;
  await expect(loadSAE(one.folder)).toBeRefused('SAE_UNSUPPORTED', one.folder, text);
});

test.each([
  [{ top_k: 13 }, 'with top_k: at most its 12 features; received 13'],
  [{ expansion_factor: 0.1 }, 'with expansion_factor: a number of at least 1/6; received 0.1'],
])('Llamascopium’s with %j', async (entries, said) => {
  const one = await Edited.of('llamascopium_topk');
  await one.json('config.json', entries);
  const text = `expected config.json ${said}`;
  await expect(loadSAE(one.folder)).toBeRefused('SAE_FILE', one.folder, text);
});

test.each([
  [{ W_E: undefined }, 'SAE_FILE', 'expected tensors W_E'],
  [{ W_D: undefined }, 'SAE_FILE', 'expected tensors W_D'],
  [{ b_D: undefined }, 'SAE_FILE', 'expected tensors b_D'],
  [{ W_E: [12, 6] }, 'SAE_SHAPE', 'expected W_E of shape [6, 12]; received [12, 6]'],
  [{ W_D: [6, 12] }, 'SAE_SHAPE', 'expected W_D of shape [12, 6]; received [6, 12]'],
  [{ b_E: [6] }, 'SAE_SHAPE', 'expected b_E of shape [12]; received [6]'],
  [{ b_E_glu: [12] }, 'SAE_FILE', 'expected no other tensors than '],
] as const)('Llamascopium’s tensors %j', async (shapes, code, said) => {
  const one = await Edited.of('llamascopium_topk');
  await one.tensors(LATER, shapes);
  await expect(loadSAE(one.folder)).toBeRefused(code, one.folder, said);
});

test.each(['crosscoder', 'lorsa', 'clt', 'molt'])(
  'its %s is refused by name, whatever its weights are',
  async (kind) => {
    const one = await Edited.of('llamascopium_topk');
    await one.json('config.json', { sae_type: kind });
    await one.tensors(LATER, { W_E: [2, 6, 12] });
    const text = `expected config.json with sae_type "sae"; received "${kind}". Open it with OpenMOSS: crosscoders, Lorsa,`;
    await expect(loadSAE(one.folder)).toBeRefused('SAE_UNSUPPORTED', one.folder, text);
  },
);

describe('norms that nobody has kept', () => {
  test('are learnt before anything is scaled, and a word says so', async () => {
    const one = await Edited.of(NEWER);
    await one.tensors(LATER, { [`${NORM}.in`]: undefined, [`${NORM}.out`]: undefined });
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
    const sae = await loadSAE(one.folder);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('the scale of its rows'));
    const [, scale] = sae.sae.namedWeights.find(([name]) => name === 'scale') ?? [];
    expect(scale?.read().dataSync()[0]).toBe(0);
    sae.dispose();
  });

  test('cannot be left out of a transcoder', async () => {
    const one = await Edited.of(NEWER);
    await one.tensors(LATER, { [`${NORM}.in`]: undefined, [`${NORM}.out`]: undefined });
    await one.json('config.json', { hook_point_out: 'blocks.15.hook_mlp_out' });
    const said = `expected tensors ${NORM} of a transcoder`;
    await expect(loadSAE(one.folder)).toBeRefused('SAE_UNSUPPORTED', one.folder, said);
  });
});
