import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { encodeKeras, GatedSAE, inspectKeras, kerasArchive } from '../../src';
import { NODE_MODULES } from './cliProcess';

jest.setTimeout(60_000);

let root: string;
const started: ChildProcess[] = [];
beforeAll(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'gated-sae-vite-'));
});
afterAll(async () => {
  for (const child of started) child.kill();
  await fs.rm(root, { recursive: true, force: true });
});

/** The address at which one of vite's servers serves the folder. */
function served(mode: 'dev' | 'preview'): Promise<string> {
  const vite = join(NODE_MODULES, 'vite', 'bin', 'vite.js');
  const args = [vite, mode, root, '--host', '127.0.0.1', '--port', '0'];
  // Under CI vite would print the port in bold.
  const env = { ...process.env, NO_COLOR: '1' };
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  started.push(child);
  let said = '';
  return new Promise((resolve, reject) => {
    child.stderr.on('data', (text) => {
      said += text;
    });
    child.stdout.on('data', (text) => {
      said += text;
      const address = /http:\/\/127\.0\.0\.1:\d+\//.exec(said)?.[0];
      if (address) resolve(address);
    });
    child.on('exit', () => reject(new Error(said)));
  });
}

test.each(['dev', 'preview'] as const)('a .keras file opens from vite %s', async (mode) => {
  const model = new GatedSAE({ inputDim: 64, encodingDim: 512, seed: 1 });
  const bytes = await encodeKeras(model);
  expect(bytes.length).toBeGreaterThan(2 ** 17);
  // Where each of the two servers looks for what it serves.
  for (const folder of ['public', 'dist']) {
    await fs.mkdir(join(root, folder), { recursive: true });
    await fs.writeFile(join(root, folder, 'index.html'), '<!doctype html>');
    await fs.writeFile(join(root, folder, 'sae.keras'), bytes);
  }
  const address = `${await served(mode)}sae.keras`;
  // What vite answers to the request for the end of a file: its beginning.
  const { status, headers } = await fetch(address, { headers: { range: 'bytes=-65536' } });
  expect([status, headers.get('content-range')]).toEqual([206, `bytes 0-65536/${bytes.length}`]);

  const shares: number[] = [];
  const onProgress = (share: number) => shares.push(share);
  const loaded = (await tf.loadLayersModel(kerasArchive(address, { onProgress }))) as GatedSAE;
  expect(loaded.getWeights().map((w) => w.dataSync())).toEqual(
    model.getWeights().map((w) => w.dataSync()),
  );
  expect(shares.at(-1)).toBe(1);
  expect(await inspectKeras(address)).toMatchObject({ bytes: bytes.length, className: 'GatedSAE' });
  model.dispose();
  loaded.dispose();
});
