/** What a package has computed of a dictionary, and whether ours computes the same. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { BatchTopKSAE, metadataOf, type SAEModel } from '../../../src';

/** What stands beside a dictionary that python-interop/make_dictionaries.py has made. */
export interface Expected {
  format: string;
  inside?: string;
  x: number[][];
  codes: number[][];
  reconstruction: number[][];
  options: Record<string, unknown>;
  metadata?: Record<string, unknown>;
  /** Of a BatchTopK SAE whose files have no threshold: one that divides the codes of these rows as it does. */
  threshold?: number;
}

export const expectedIn = (folder: string): Expected =>
  JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));

/** The largest difference, by the larger of 1 and the largest number. */
export function difference(ours: tf.Tensor, theirs: number[][]): number {
  const expected = theirs.flat(4);
  const received = Array.from(ours.dataSync());
  expect(received).toHaveLength(expected.length);
  const largest = Math.max(1, ...expected.map(Math.abs));
  return (
    Math.max(...received.map((value, i) => Math.abs(value - (expected[i] as number)))) / largest
  );
}

type Computed = Pick<Expected, 'x' | 'codes' | 'reconstruction' | 'threshold'>;

export async function expectComputes(sae: SAEModel, expected: Computed): Promise<void> {
  const x = tf.tensor2d(expected.x);
  const { threshold } = expected;
  if (threshold !== undefined) {
    expect(sae).toBeInstanceOf(BatchTopKSAE);
    tf.tidy(() => sae.sae.writeStates({ threshold: tf.scalar(threshold) }));
  }
  const codes = sae.encode(x);
  const reconstruction = await sae.reconstruct(x);
  const sparse = await sae.encodeSparse(x);
  expect(difference(codes, expected.codes)).toBeLessThan(1e-5);
  expect(difference(reconstruction, expected.reconstruction)).toBeLessThan(1e-5);
  expect(sparse.indices.length).toBe(expected.codes.flat().filter((code) => code > 0).length);
  tf.dispose([x, codes, reconstruction]);
}

/** Its options, and what is known of it, by the files alone. */
export function expectDescribed(sae: SAEModel, expected: Expected): void {
  expect({ ...sae.sae.options, ...sae.getConfig() }).toMatchObject(expected.options);
  expect(metadataOf(sae)).toMatchObject({ format: expected.format, ...expected.metadata });
}
