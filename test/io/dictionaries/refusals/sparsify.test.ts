/** Dictionaries of sparsify that are damaged, contradict themselves, or are not computed here. */
import { loadSAE } from '../../../../src';
import { Edited } from '../edited';
import { refusesDamage } from './damage';

const FIXTURE = 'sparsify_expanded';
refusesDamage(FIXTURE, 'sae.safetensors');
refusesDamage('sparsify_skip_transcoder', 'sae.safetensors');

test.each([
  [{ activation: 'groupmax' }, 'SAE_UNSUPPORTED', 'expected cfg.json with activation "topk"'],
  [{ signed: true }, 'SAE_UNSUPPORTED', 'expected cfg.json with signed false'],
  [{ k: 13 }, 'SAE_FILE', 'expected cfg.json with k: at most its 12 latents; received 13'],
  [{ k: 0 }, 'SAE_FILE', 'expected cfg.json with k: an integer above 0; received 0'],
  [{ d_in: undefined }, 'SAE_FILE', 'expected cfg.json with d_in: an integer above 0'],
  [{ d_in: 5 }, 'SAE_SHAPE', 'expected encoder.weight of shape [10, 5]; received [12, 6]'],
  [{ num_latents: 11 }, 'SAE_SHAPE', 'expected encoder.weight of shape [11, 6]'],
  [{ expansion_factor: 3 }, 'SAE_SHAPE', 'expected encoder.weight of shape [18, 6]'],
  [{ transcode: 'yes' }, 'SAE_FILE', 'expected cfg.json with transcode: true or false'],
  [{ skip_connection: true }, 'SAE_FILE', 'expected tensors W_skip'],
] as const)('%j', async (entries, code, said) => {
  const one = await Edited.of(FIXTURE);
  await one.json('cfg.json', entries);
  await expect(loadSAE(one.folder)).toBeRefused(code, one.folder, said);
});

test('signs of old files are of no matter where there are none', async () => {
  const one = await Edited.of(FIXTURE);
  await one.json('cfg.json', { signed: false, activation: undefined });
  (await loadSAE(one.folder)).dispose();
});
