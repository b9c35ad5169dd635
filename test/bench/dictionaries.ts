/**
 * `npm run bench -- dictionaries`: opening a dictionary of 300 MB beside Python's safetensors, and training
 * on rows in a file beside training on the same rows in memory. Prints both, and writes nothing.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { BatchTopKSAE, KerasAdam, type RowDataset } from '../../src';
import { blockRowsFor } from '../../src/activations/rowPlan';
import { WindowRows } from '../../src/activations/windowRows';
import { bytesFrom } from '../../src/io/bytes/values';
import { openNpy } from '../../src/io/npy/read';
import { safetensorsPieces, type WrittenTensor } from '../../src/io/safetensors/write';
import { preparePeers } from '../python';
import { median } from './contestant';
import { THREADS } from './lineup';

const root = join(__dirname, '..', '..');
const folder = join(root, '.cache', 'bench', 'dictionaries');
const opener = join(__dirname, 'openDictionary.mjs');
const ROUNDS = 5;
const [INPUT_DIM, FEATURES] = [2304, 16384] as const;

const shown = (times: readonly number[]) =>
  `${median(times).toFixed(0)} ms (${times.map((time) => time.toFixed(0)).join(', ')})`;

/** Measures both, and prints them. */
export async function dictionaries(): Promise<void> {
  tf.enableProdMode();
  mkdirSync(folder, { recursive: true });
  await opening();
  await feeding();
  rmSync(folder, { recursive: true });
}

/** A dictionary opened here and its file read in Python, in turn. */
async function opening(): Promise<void> {
  const python = preparePeers(root);
  if (python === undefined) throw new Error('It needs a Python from 3.11 to 3.13 with venv.');
  const file = writeDictionary();
  const script = join(root, 'python-interop', 'bench', 'read_safetensors.py');
  const contestants: Record<string, [string, ...string[]]> = {
    'safetensors for NumPy': [python, script, file],
    'loadSAE, cpu': [process.execPath, opener, folder, 'cpu'],
    'loadSAE, wasm': [process.execPath, opener, folder, 'wasm'],
  };
  const times: Record<string, number[]> = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, [command, ...args]] of Object.entries(contestants)) {
      const { stdout } = spawnSync(command, args, { encoding: 'utf8' });
      times[name] = [...(times[name] ?? []), median(JSON.parse(stdout))];
    }
  }
  const theirs = median(times['safetensors for NumPy'] as number[]);
  console.log(`Opening ${INPUT_DIM} × ${FEATURES} in float32, 302 MB:`);
  for (const [name, all] of Object.entries(times)) {
    console.log(`  ${name}: ${shown(all)}, ${(median(all) / theirs).toFixed(2)} of NumPy's`);
  }
}

/** SAELens's files of random weights; returns that of the tensors. */
function writeDictionary(): string {
  const tensor = (...shape: number[]): WrittenTensor => {
    const size = shape.reduce((a, b) => a * b, 1);
    const values = Float32Array.from({ length: size }, (_, i) => Math.sin(i));
    return { dtype: 'float32', shape, bytes: bytesFrom('float32', values) };
  };
  const tensors = new Map([
    ['W_enc', tensor(INPUT_DIM, FEATURES)],
    ['b_enc', tensor(FEATURES)],
    ['W_dec', tensor(FEATURES, INPUT_DIM)],
    ['b_dec', tensor(INPUT_DIM)],
  ]);
  const file = join(folder, 'sae_weights.safetensors');
  writePieces(file, safetensorsPieces(tensors));
  const metadata = { sae_lens_version: '6.54.12' };
  const config = { architecture: 'standard', d_in: INPUT_DIM, d_sae: FEATURES, metadata };
  writeFileSync(join(folder, 'cfg.json'), JSON.stringify(config));
  return file;
}

function writePieces(file: string, pieces: readonly Uint8Array[]): void {
  const handle = openSync(file, 'w');
  for (const piece of pieces) writeSync(handle, piece);
}

const WIDTH = 768;
const ROWS = 120_000;
const BATCH = 512;

/** Steps on rows of a file that is larger than the windows of it, and on rows in memory, in turn. */
async function feeding(): Promise<void> {
  await tf.setBackend('wasm');
  const file = writeRows();
  const array = await openNpy(file);
  const source = { array, width: WIDTH, rows: ROWS, axes: 1 };
  const windowRows = 20_000;
  const fromFile = new WindowRows({
    ...{ source, heldOut: 0, windowRows, blockRows: blockRowsFor(windowRows, 1365), seed: 1 },
    ...{ batchSize: BATCH, passes: ROUNDS + 1 },
  });
  const inMemory = memoryRows(await array.read(0, windowRows));
  const times: Record<string, number[]> = { 'a file of 369 MB': [], memory: [] };
  const sae = new BatchTopKSAE({ inputDim: WIDTH, encodingDim: 6144, k: 32, seed: 1 });
  sae.compile({ optimizer: new KerasAdam(), threads: THREADS });
  const data: Record<string, RowDataset> = { 'a file of 369 MB': fromFile, memory: inMemory };
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, rows] of Object.entries(data)) {
      const iterator = rows.iteratorAt?.(round, 0) ?? rows.iterator();
      const once = { size: fromFile.size, iterator: () => iterator };
      const start = performance.now();
      await sae.fitDataset(once, { epochs: 1, verbose: 0 });
      if (round > 0) times[name]?.push((performance.now() - start) / fromFile.size);
    }
  }
  await array.close();
  const ratio = median(times['a file of 369 MB'] as number[]) / median(times['memory'] as number[]);
  console.log(`A step of ${BATCH} rows of ${WIDTH}, 6,144 features, on rows in`);
  for (const [name, all] of Object.entries(times)) {
    console.log(
      `  ${name}: ${median(all).toFixed(2)} ms (${all.map((t) => t.toFixed(2)).join(', ')})`,
    );
  }
  console.log(`  ${ratio.toFixed(3)} times as long from the file`);
}

/** The same number of batches from some rows in memory, again and again. */
function memoryRows(values: ArrayLike<number>): RowDataset {
  const rows = values.length / WIDTH;
  const all = values as Float32Array;
  return {
    iterator: () => {
      let batch = 0;
      return {
        next: async () => {
          if ((batch + 1) * BATCH > ROWS) return { value: null, done: true };
          const first = (batch++ * BATCH) % (rows - BATCH);
          const part = all.slice(first * WIDTH, (first + BATCH) * WIDTH);
          return { value: tf.tensor2d(part, [BATCH, WIDTH]), done: false };
        },
      };
    },
  };
}

/** A .npy file of random rows. */
function writeRows(): string {
  const file = join(folder, 'rows.npy');
  const dict = `{'descr': '<f4', 'fortran_order': False, 'shape': (${ROWS}, ${WIDTH}), }`;
  const length = Math.ceil((10 + dict.length + 1) / 64) * 64 - 10;
  const head = Buffer.from(`\x93NUMPY\x01\x00  ${dict.padEnd(length - 1)}\n`, 'latin1');
  head.writeUInt16LE(length, 8);
  const block = 10_000;
  const values = Float32Array.from({ length: block * WIDTH }, (_, i) => Math.sin(i * i));
  const blocks = Array.from({ length: ROWS / block }, () => bytesFrom('float32', values));
  writePieces(file, [head, ...blocks]);
  return file;
}
