import fs from 'node:fs/promises';
import { join } from 'node:path';
import { loadSAE } from '../../../../src';
import { bytesFrom } from '../../../../src/io/bytes/values';
import { Edited } from '../edited';
import { refusesDamage } from './damage';

const WEIGHTS = 'sae_weights.safetensors';

/** Opening it throws an error of this code and place, which says so. */
async function expectRefused(folder: string, code: string, said: string): Promise<void> {
  const told = await loadSAE(folder).then(
    () => 'opened',
    (error: Error) => error.message,
  );
  expect(told).toContain(`${code} ${folder}: `);
  expect(told).toContain(said);
}

for (const fixture of ['saelens_gated', 'saelens_jumprelu_skip_transcoder']) {
  refusesDamage(fixture, WEIGHTS);
}

test.each<[string, Record<string, unknown>, string, string]>([
  [
    'sizes that the tensors have not',
    { d_sae: 12 },
    'SAE_SHAPE',
    'expected W_enc of shape [6, 12]',
  ],
  ['no size', { d_in: undefined }, 'SAE_FILE', 'd_in: an integer above 0'],
  ['a size that is a text', { d_in: '6' }, 'SAE_FILE', 'd_in: an integer above 0'],
  ['a size without end', { d_in: 1e300 }, 'SAE_FILE', 'd_in: an integer above 0'],
  ['another architecture', { architecture: 'topk', k: 3 }, 'SAE_FILE', 'b_enc'],
  [
    'an architecture that there is not',
    { architecture: 'gatd' },
    'SAE_UNSUPPORTED',
    'Did you mean "gated"?',
  ],
  ['one that is not here', { architecture: 'temporal' }, 'SAE_UNSUPPORTED', '"temporal"'],
  [
    'one that every object has',
    { architecture: 'constructor' },
    'SAE_UNSUPPORTED',
    '"constructor"',
  ],
  [
    'whitened rows and no matrix',
    { normalize_activations: 'covariance_whitening' },
    'SAE_UNSUPPORTED',
    'expected activation_whitening.safetensors beside weights of covariance_whitening',
  ],
  ['rows normalised in no known way', { normalize_activations: 7 }, 'SAE_UNSUPPORTED', '7'],
  ['a flag that is a text', { apply_b_dec_to_input: 'no' }, 'SAE_FILE', 'true or false'],
])('a configuration with %s', async (_, entries, code, said) => {
  const one = await Edited.of('saelens_gated');
  await one.json('cfg.json', entries);
  await expectRefused(one.folder, code, said);
});

test.each([
  [{ matrix: undefined }, 'SAE_FILE', 'expected tensors matrix'],
  [{ mean: [7] }, 'SAE_SHAPE', 'expected mean of shape [6]; received [7]'],
  [{ matrix: [6, 7] }, 'SAE_SHAPE', 'expected matrix of shape [6, 6]; received [6, 7]'],
  [{ inverse_matrix: [6] }, 'SAE_SHAPE', 'expected inverse_matrix of shape [6, 6]; received [6]'],
  [{ another: [6] }, 'SAE_FILE', 'expected no other tensors than '],
] as const)('a whitening of %j', async (shapes, code, said) => {
  const one = await Edited.of('saelens_whitened');
  await one.tensors('activation_whitening.safetensors', shapes);
  await expectRefused(one.folder, code, said);
});

test.each([
  [
    'an activation of another kind',
    { activation_fn_str: 'tanh-relu' },
    'activation_fn relu or topk',
  ],
  ['a TopK without k', { activation_fn_str: 'topk', activation_fn_kwargs: {} }, 'k: an integer'],
  [
    'more of k than features',
    { activation_fn_str: 'topk', activation_fn_kwargs: { k: 11 } },
    'at most',
  ],
])('before version 6: %s', async (_, entries, said) => {
  const one = await Edited.of('saelens_version_2');
  await one.json('cfg.json', entries);
  await expect(loadSAE(one.folder)).rejects.toThrow(said);
});

test('a factor of reconstructions that is not folded', async () => {
  const one = await Edited.of('saelens_version_2');
  const factors = Float32Array.from({ length: 10 }, (_, i) => 1 + i / 10);
  const bytes = bytesFrom('float32', factors);
  await one.put(WEIGHTS, 'scaling_factor', { dtype: 'float32', shape: [10], bytes });
  await expectRefused(one.folder, 'SAE_UNSUPPORTED', 'scaling_factor');
});

test.each([
  ['no JSON', '{"d_in": '],
  ['a list', '[]'],
  ['nothing', ''],
  ['JSON a hundred thousand deep', '['.repeat(1e5)],
])('a configuration that is %s', async (_, text) => {
  const one = await Edited.of('saelens_gated');
  await one.write('cfg.json', text);
  await expect(loadSAE(one.folder)).toBeRefused('SAE_FILE', join(one.folder, 'cfg.json'));
});

test('a configuration of 100 MB is not read', async () => {
  const one = await Edited.of('saelens_gated');
  await one.write('cfg.json', Buffer.alloc(1e8, 0x20));
  const start = performance.now();
  await expect(loadSAE(one.folder)).rejects.toThrow('SAE_FILE');
  expect(performance.now() - start).toBeLessThan(100);
});

test('links that lead out of the folder are not followed', async () => {
  const [one, other] = [await Edited.of('saelens_gated'), await Edited.of('saelens_gated')];
  for (const file of ['cfg.json', WEIGHTS]) {
    await fs.rm(join(one.folder, file));
    await fs.symlink(join(other.folder, file), join(one.folder, file));
    await expect(loadSAE(one.folder)).rejects.toThrow('a link that leads out of it');
  }
});

test('weights that are no numbers are counted in a warning', async () => {
  const one = await Edited.of('saelens_standard');
  const values = Float32Array.from({ length: 10 }, (_, i) => [Number.NaN, Infinity][i] ?? 0);
  const bytes = bytesFrom('float32', values);
  await one.put(WEIGHTS, 'b_enc', { dtype: 'float32', shape: [10], bytes });
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
  const sae = await loadSAE(one.folder);
  expect(warn.mock.calls.flat().join()).toContain('2 of its weights are NaN or infinite');
  sae.dispose();
});

test('a scale that is not in the files is told of', async () => {
  const one = await Edited.of('saelens_mean_norm');
  await fs.rm(join(one.folder, 'activation_scaler.json'));
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
  const sae = await loadSAE(one.folder);
  expect(warn.mock.calls.flat().join()).toContain('initNormalization(x)');
  sae.dispose();
});
