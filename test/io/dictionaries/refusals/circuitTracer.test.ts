/** Transcoders of circuit-tracer that are damaged, contradict themselves, or are not computed here. */
import { join } from 'node:path';
import { loadSAE, metadataOf } from '../../../../src';
import { bytesFrom } from '../../../../src/io/bytes/values';
import { Edited } from '../edited';

const FIXTURE = 'circuit_tracer_relu';
const FILE = 'layer_1.safetensors';
const JUMPRELU = 'circuit_tracer_jumprelu';
const THRESHOLD = 'activation_function.threshold';

test.each([
  [{ W_enc: undefined }, 'SAE_FILE', 'expected tensors W_enc; received '],
  [{ W_dec: undefined, b_dec: undefined }, 'SAE_FILE', 'expected tensors W_dec, b_dec; received '],
  [{ log_thresholds: [10] }, 'SAE_FILE', 'expected no other tensors than '],
  [{ W_enc: [6, 10] }, 'SAE_SHAPE', 'expected W_enc of shape [10, 6]; received [6, 10]'],
  [{ W_enc: [12, 6] }, 'SAE_SHAPE', 'expected W_enc of shape [10, 6]; received [12, 6]'],
  [{ W_dec: [10, 5] }, 'SAE_SHAPE', 'expected W_dec of shape [10, 6]; received [10, 5]'],
  [{ b_enc: [6] }, 'SAE_SHAPE', 'expected b_enc of shape [10]; received [6]'],
  [{ b_dec: [10] }, 'SAE_SHAPE', 'expected b_dec of shape [6]; received [10]'],
  [{ W_skip: [6, 5] }, 'SAE_SHAPE', 'expected W_skip of shape [6, 6]; received [6, 5]'],
  [{ [THRESHOLD]: [9] }, 'SAE_SHAPE', `expected ${THRESHOLD} of shape [10]; received [9]`],
] as const)('tensors %j', async (shapes, code, said) => {
  const one = await Edited.of(FIXTURE);
  await one.tensors(FILE, shapes);
  const file = join(one.folder, FILE);
  await expect(loadSAE(file)).toBeRefused(code, file, said);
});

test('sizes that the training’s configuration contradicts', async () => {
  const one = await Edited.of(FIXTURE);
  const file = join(one.folder, FILE);
  await one.write('wanb-config.yaml', 'd_model:\n  value: 6\nd_feature:\n  value: 11\n');
  const shape = 'expected W_enc of shape [11, 6]; received [10, 6]';
  await expect(loadSAE(file)).toBeRefused('SAE_SHAPE', file, shape);
  // The right name goes before the one with a slip.
  await one.write('wandb-config.yaml', 'd_model:\n  value: six\n');
  const said = 'expected wandb-config.yaml with d_model.value: an integer above 0; received "six"';
  await expect(loadSAE(file)).toBeRefused('SAE_FILE', file, said);
});

test('a cross-layer transcoder', async () => {
  const one = await Edited.of(FIXTURE);
  const file = join(one.folder, FILE);
  await one.write('config.yaml', 'model_kind: cross_layer_transcoder\n');
  const said = 'expected config.yaml with model_kind "transcoder_set"';
  await expect(loadSAE(file)).toBeRefused('SAE_UNSUPPORTED', file, said);
});

test('a folder of several layers', async () => {
  const one = await Edited.of(FIXTURE);
  const said = 'expected the file of one layer; received 2 of them, layer_0.safetensors, layer_1';
  await expect(loadSAE(one.folder)).toBeRefused('SAE_FILE', one.folder, said);
});

test('thresholds below 0', async () => {
  const one = await Edited.of(JUMPRELU);
  const bytes = bytesFrom('float32', new Float32Array(10).fill(-1));
  await one.put('layer_0.safetensors', THRESHOLD, { dtype: 'float32', shape: [10], bytes });
  const said = 'expected thresholds of at least 0; received -1';
  await expect(loadSAE(one.folder)).toBeRefused('SAE_UNSUPPORTED', one.folder, said);
});

test('without a configuration its layer’s place is not known', async () => {
  const one = await Edited.of(FIXTURE);
  await one.write('config.yaml', '# nothing\n');
  const sae = await loadSAE(join(one.folder, FILE));
  expect(metadataOf(sae)).not.toHaveProperty('hookName');
  sae.dispose();
});
