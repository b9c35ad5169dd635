/** Dictionaries that the field's own packages have written, with what these compute of them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { featureReport, loadSAE } from '../../../src';
import { expectComputes, expectDescribed, expectedIn } from './computes';

const folder = join(__dirname, 'fixtures');

const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

const expectedOf = (name: string) => expectedIn(join(folder, name));

test.each(names)('%s computes what its package does', async (name) => {
  const expected = expectedOf(name);
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
  warn.mockClear();
  const sae = await loadSAE(join(folder, name, expected.inside ?? ''));
  // Of a threshold that is not in its files it is said.
  expect(warn).toHaveBeenCalledTimes(expected.threshold === undefined ? 0 : 1);
  await expectComputes(sae, expected);
  expectDescribed(sae, expected);
  sae.dispose();
});

test('a report on a dictionary knows its page on Neuronpedia', async () => {
  const sae = await loadSAE(join(folder, 'saelens_standard'));
  const x = tf.tensor2d(expectedOf('saelens_standard').x);
  const { model } = await featureReport(sae, x);
  expect(model.neuronpediaId).toBe('gpt2-small/8-res-jb');
  x.dispose();
  sae.dispose();
});
