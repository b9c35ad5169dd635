/** Modules of sentence-transformers that are damaged or contradict themselves, and what is none of them. */
import { loadSAE } from '../../../../src';
import { Edited } from '../edited';

const FIXTURE = 'csr_plain';
const FILE = 'model.safetensors';

test.each([
  [{ latent_bias: undefined }, 'SAE_FILE', 'expected tensors latent_bias; received '],
  [{ pre_bias: undefined }, 'SAE_FILE', 'expected tensors pre_bias; received '],
  [
    { 'decoder.linear.weight': undefined },
    'SAE_FILE',
    'expected tensors encoder.weight or decoder.linear.weight',
  ],
  [{ 'encoder.weight': [10, 6] }, 'SAE_FILE', 'expected no other tensors than '],
  [{ another: [1] }, 'SAE_FILE', 'expected no other tensors than '],
  [{ latent_bias: [6] }, 'SAE_SHAPE', 'expected latent_bias of shape [10]; received [6]'],
  [{ pre_bias: [10] }, 'SAE_SHAPE', 'expected pre_bias of shape [6]; received [10]'],
  [
    { 'decoder.linear.weight': [6, 10] },
    'SAE_SHAPE',
    'expected decoder.linear.weight of shape [10, 6]; received [6, 10]',
  ],
] as const)('tensors %j', async (shapes, code, said) => {
  const one = await Edited.of(FIXTURE);
  await one.tensors(FILE, shapes);
  await expect(loadSAE(one.folder)).toBeRefused(code, one.folder, said);
});

test.each([
  [{ k: 11 }, 'SAE_FILE', 'expected config.json with k: at most its hidden_dim, 10; received 11'],
  [{ k: '2' }, 'SAE_FILE', 'expected config.json with k: an integer above 0; received "2"'],
  [{ normalize: 'yes' }, 'SAE_FILE', 'expected config.json with normalize: true or false'],
  [{ hidden_dim: 12 }, 'SAE_SHAPE', 'expected decoder.linear.weight of shape [12, 6]'],
] as const)('a configuration with %j', async (entries, code, said) => {
  const one = await Edited.of(FIXTURE);
  await one.json('config.json', entries);
  await expect(loadSAE(one.folder)).toBeRefused(code, one.folder, said);
});

test('the matrix under its other name', async () => {
  const one = await Edited.of(FIXTURE);
  await one.tensors(FILE, { 'decoder.linear.weight': undefined, 'encoder.weight': [10, 6] });
  (await loadSAE(one.folder)).dispose();
});

test('a language model has such files, too', async () => {
  const one = await Edited.of(FIXTURE);
  await one.write('config.json', '{"model_type": "llama", "hidden_size": 10}');
  const said = 'expected a dictionary in one of the formats ';
  await expect(loadSAE(one.folder)).toBeRefused('SAE_FILE', one.folder, said);
});
