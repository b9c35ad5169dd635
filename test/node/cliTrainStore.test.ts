import fs from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { captureActivations, metadataOf, type SAEModel, writeActivations } from '../../src';
import { fileSystem } from '../../src/node';
import { newFolder, spoil } from '../stores/rows';
import { expectFailure, gatedSae } from './cliProcess';

jest.setTimeout(180_000);

let root: string;
let store: string;
const at = (name: string) => join(root, name);
beforeAll(async () => {
  root = await newFolder();
  store = at('store');
  const network = tf.sequential({
    layers: [
      tf.layers.dense({ units: 12, inputShape: [6], activation: 'relu', name: 'hidden' }),
      tf.layers.dense({ units: 2 }),
    ],
  });
  const x = tf.randomNormal([600, 6], 0, 1, 'float32', 1);
  const rows = captureActivations(network, 'hidden', x);
  const args = { shardRows: 150, about: { model: 'tiny', layer: 'hidden', data: 'noise' } };
  await (await writeActivations(rows, store, args)).close();
  tf.dispose(x);
  network.dispose();
});
afterAll(() => fs.rm(root, { recursive: true, force: true }));

const SMALL = ['--features', '24', '--l0', '3', '--batch-size', '16', '--shuffle-rows', '100'];
const train = (out: string, ...more: string[]) =>
  gatedSae(['train', store, '--out', at(out), ...SMALL, '--backend', 'wasm', ...more]);

test('gated-sae train STORE trains on its rows, and the dictionary says what they are of', async () => {
  const { code, stderr } = await train('run', '--epochs', '3');
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const report = JSON.parse(await fs.readFile(join(at('run'), 'report.json'), 'utf8'));
  expect(report.settings).toMatchObject({ rows: 600, inputDim: 12 });
  const sae = (await tf.loadLayersModel(fileSystem(join(at('run'), 'model')))) as SAEModel;
  expect(metadataOf(sae)).toEqual({ modelName: 'tiny', hookName: 'hidden', datasetPath: 'noise' });
  sae.dispose();
});

test('a damaged shard is named', async () => {
  const shard = join(store, 'shard-00002.safetensors');
  await spoil(shard, -5);
  const ended = await train('other', '--epochs', '1');
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain(`SAE_FILE ${shard}: expected the rows that were written`);
  await fs.rm(shard);
  expectFailure(
    await train('third', '--epochs', '1'),
    `SAE_FILE ${shard}: expected a shard of the store`,
  );
});
