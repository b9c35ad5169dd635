/** Dictionaries that are one file, and say little: OpenAI's, Qwen Scope's, Goodfire's. */
import { loadSAE } from '../../../../src';
import { chosen, expectRefused, type Shapes, safetensorsOf } from './given';

const OPENAI: Shapes = {
  ...{ pre_bias: [3], latent_bias: [5], stats_last_nonzero: [5] },
  ...{ 'encoder.weight': [5, 3], 'decoder.weight': [3, 5] },
};
const TIED: Shapes = {
  ...{ pre_bias: [3], latent_bias: [5] },
  ...{ 'encoder.weight': [5, 3], 'decoder.linear.weight': [5, 3] },
};
const QWEN: Shapes = { W_enc: [5, 3], W_dec: [3, 5], b_enc: [5], b_dec: [3] };
const GOODFIRE: Shapes = {
  ...{ 'encoder_linear.weight': [5, 3], 'encoder_linear.bias': [5] },
  ...{ 'decoder_linear.weight': [3, 5], 'decoder_linear.bias': [3] },
};

const saying = (texts: Record<string, string>) => safetensorsOf(OPENAI, 0, texts);

test.each<[string, Uint8Array, string, RegExp]>([
  ['another activation', saying({ activation: 'Identity' }), 'SAE_UNSUPPORTED', /"Identity"/],
  [
    'codes below 0',
    saying({ activation: 'TopK', 'activation_state_dict.postact_fn': 'Identity' }),
    'SAE_UNSUPPORTED',
    /"TopK", then "Identity"/,
  ],
  ['no k', saying({ activation: 'TopK' }), 'SAE_FILE', /k among 1 to 5; received none/],
  [
    'a k that is no number',
    saying({ activation: 'TopK', 'activation_state_dict.k': '3' }),
    'SAE_FILE',
    /received "3"/,
  ],
  [
    'another decoder',
    safetensorsOf({ ...OPENAI, 'decoder.weight': [5, 3] }),
    'SAE_SHAPE',
    /\[3, 5\]/,
  ],
  [
    'a tied decoder the other way round',
    safetensorsOf({ ...TIED, 'decoder.linear.weight': [3, 5] }),
    'SAE_SHAPE',
    /\[5, 3\]; received \[3, 5\]/,
  ],
  [
    'two decoders',
    safetensorsOf({ ...TIED, 'decoder.weight': [3, 5] }),
    'SAE_FILE',
    /"decoder.weight"/,
  ],
  ['one tensor more', safetensorsOf({ ...OPENAI, other: [1] }), 'SAE_FILE', /"other"/],
  ['no word on k', safetensorsOf(QWEN), 'SAE_UNSUPPORTED', /loadSAE\(source, \{k: 50\}\)/],
  [
    'the other way round',
    safetensorsOf({ ...QWEN, W_enc: [3, 5] }),
    'SAE_SHAPE',
    /b_enc of shape \[3\]/,
  ],
  [
    'no bias',
    safetensorsOf({ ...GOODFIRE, 'decoder_linear.bias': [4] }),
    'SAE_SHAPE',
    /\[3\]; received \[4\]/,
  ],
  [
    'what is of no format',
    safetensorsOf({ a: [2] }),
    'SAE_FILE',
    /a dictionary in one of the formats/,
  ],
])('refuses %s', (_, bytes, code, text) => expectRefused({ 'one.safetensors': bytes }, code, text));

test('Qwen Scope’s k is taken from who knows it', async () => {
  const [file] = chosen({ 'layer3.sae.pt': safetensorsOf(QWEN) }) as [File];
  const sae = await loadSAE(file, { k: 2 });
  expect(sae.sae.options).toMatchObject({ k: 2 });
  sae.dispose();
  await expect(loadSAE(file, { k: 6 })).rejects.toThrow(
    /how many of its 5 features fire, k; received 6/,
  );
  await expect(loadSAE(file, { k: 0 })).rejects.toThrow(/^SAE_OPTION loadSAE\.k/);
});
