/** Dictionaries that the field's own packages have written, with what these compute of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { featureReport, loadSAE, metadataOf, type SAEModel } from '../../../src';

const folder = join(__dirname, 'fixtures');

interface Expected {
  format: string;
  inside?: string;
  x: number[][];
  codes: number[][];
  reconstruction: number[][];
  options: Record<string, unknown>;
  metadata?: Record<string, unknown>;
}

const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

const expectedOf = (name: string): Expected =>
  JSON.parse(readFileSync(join(folder, name, 'expected.json'), 'utf8'));

/** The largest difference, by the larger of 1 and the largest number. */
function difference(ours: tf.Tensor, theirs: number[][]): number {
  const expected = theirs.flat(4);
  const received = Array.from(ours.dataSync());
  expect(received).toHaveLength(expected.length);
  const largest = Math.max(1, ...expected.map(Math.abs));
  return (
    Math.max(...received.map((value, i) => Math.abs(value - (expected[i] as number)))) / largest
  );
}

async function expectComputes(sae: SAEModel, expected: Expected): Promise<void> {
  const x = tf.tensor2d(expected.x);
  const codes = sae.encode(x);
  const reconstruction = await sae.reconstruct(x);
  const sparse = await sae.encodeSparse(x);
  expect(difference(codes, expected.codes)).toBeLessThan(1e-5);
  expect(difference(reconstruction, expected.reconstruction)).toBeLessThan(1e-5);
  expect(sparse.indices.length).toBe(expected.codes.flat().filter((code) => code > 0).length);
  tf.dispose([x, codes, reconstruction]);
}

test.each(names)('%s computes what its package does', async (name) => {
  const expected = expectedOf(name);
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
  const sae = await loadSAE(join(folder, name, expected.inside ?? ''));
  expect(warn).not.toHaveBeenCalled();
  await expectComputes(sae, expected);
  expect({ ...sae.sae.options, ...sae.getConfig() }).toMatchObject(expected.options);
  expect(metadataOf(sae)).toMatchObject({ format: expected.format, ...expected.metadata });
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
