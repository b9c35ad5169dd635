import { namesOfModule } from '../../../src/io/dictionaries/moduleNames';

test.each([
  ['layers.5', undefined, 'blocks.5.hook_resid_post', 'model.layers.5'],
  ['layers.5.mlp', 'EleutherAI/pythia-70m', 'blocks.5.hook_mlp_out', 'gpt_neox.layers.5.mlp'],
  ['h.11.attn', 'gpt2', 'blocks.11.hook_attn_out', 'transformer.h.11.attn'],
  ['layers.0.mlp.act', undefined, undefined, 'model.layers.0.mlp.act'],
  ['layers.0.constructor', undefined, undefined, 'model.layers.0.constructor'],
  ['embed_tokens', undefined, 'hook_embed', 'model.embed_tokens'],
  ['embed_in', undefined, 'hook_embed', 'gpt_neox.embed_in'],
  ['my-dictionary', undefined, undefined, undefined],
])('%s of %s', (module, model, hookName, hfHookName) => {
  expect(namesOfModule(module, model)).toEqual({
    ...(hookName && { hookName }),
    ...(hfHookName && { hfHookName }),
  });
});

test('the input of an MLP has a name of its own', () => {
  const hfHookName = 'model.layers.5.mlp';
  expect(namesOfModule('layers.5.mlp', undefined, 'input')).toEqual({
    hookName: 'blocks.5.mlp.hook_in',
    hfHookName,
  });
  expect(namesOfModule('layers.5', undefined, 'input')).toEqual({ hfHookName: 'model.layers.5' });
});
