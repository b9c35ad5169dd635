import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { SAEError } from '../../src/errors';
import { fileSystem } from '../../src/node';

/** A folder that does not exist yet, in one that each test has to itself. */
export const at = { root: '', folder: '' };

beforeEach(async () => {
  at.root = await fs.mkdtemp(join(tmpdir(), 'gated-sae-files-'));
  at.folder = join(at.root, 'sae');
});
afterEach(async () => {
  jest.restoreAllMocks();
  await fs.rm(at.root, { recursive: true, force: true });
});

/** A model whose weights are all `value`. */
export function artifacts(
  value: number,
  length = 3,
): tf.io.ModelArtifacts & { weightData: ArrayBuffer } {
  return {
    modelTopology: { class_name: 'Sequential', config: { name: `m${value}`, layers: [] } },
    format: 'layers-model',
    generatedBy: 'a test',
    convertedBy: null,
    weightSpecs: [{ name: 'w', shape: [length], dtype: 'float32' }],
    weightData: new Float32Array(length).fill(value).buffer,
  };
}

export const bytesOf = (data: tf.io.WeightData | undefined) =>
  Buffer.from(tf.io.CompositeArrayBuffer.join(data));

/** The value of the model that stands in the folder, which must be whole. */
export async function standing(): Promise<number> {
  const { weightData, modelTopology } = await fileSystem(at.folder).load();
  const values = new Float32Array(weightData as ArrayBuffer);
  expect(values.length).toBe(3);
  expect(new Set(values).size).toBe(1);
  expect(modelTopology).toHaveProperty('config.name', `m${values[0]}`);
  return values[0] as number;
}

export const listing = async () => (await fs.readdir(at.folder)).sort();
export const weightFiles = async () =>
  (await listing()).filter((name) => name.startsWith('weights-'));

export async function failure(job: Promise<unknown>): Promise<SAEError> {
  const error = await job.then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(SAEError);
  expect(error).toHaveProperty('code', 'SAE_FILE');
  return error as SAEError;
}

/** Makes temporary files in the folder that many minutes older. */
export async function age(minutes: number): Promise<void> {
  const then = new Date(Date.now() - minutes * 60_000);
  for (const name of await listing()) {
    if (name.endsWith('.tmp')) await fs.utimes(join(at.folder, name), then, then);
  }
}
