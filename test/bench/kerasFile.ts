import { statSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { GatedSAE, KerasAdam, kerasArchive } from '../../src';
import { type Absence, type Contestant, median, type Timing } from './contestant';
import { atMost, megabytes, ms, table } from './figures';
import { THREADS } from './lineup';
import { ProcessContestant } from './processContestant';
import { inRounds } from './rounds';

/** What opening a `.keras` file of the quickstart's size came to. */
export interface FileResult {
  readonly bytes: number;
  readonly timings: readonly Timing[];
  readonly absences: readonly Absence[];
  /** The most memory of a process that opens it once, Node and tfjs included. */
  readonly memory: readonly { readonly name: string; readonly bytes: number }[];
}

export const FILE_NAMES = {
  cpu: 'loadLayersModel(kerasArchive), cpu',
  wasm: 'loadLayersModel(kerasArchive), wasm',
  h5py: 'h5py, arrays alone',
} as const;

const BACKENDS = ['cpu', 'wasm'] as const;
const loader = join(__dirname, 'loadKeras.mjs');
const reader = join(__dirname, '..', '..', 'python-interop', 'bench', 'read_keras.py');

/** Opens a file of a dictionary with both of Adam's moments, here and by h5py. */
export async function measuredFile(
  cache: string,
  rounds: number,
  python: string | undefined,
  say: (line: string) => void,
): Promise<FileResult> {
  const file = join(cache, 'quickstart.keras');
  await writeQuickstart(file);
  const start = (backend: (typeof BACKENDS)[number]) =>
    ProcessContestant.start(
      FILE_NAMES[backend],
      process.execPath,
      [loader, file, backend],
      THREADS,
    );
  const memory = [];
  for (const backend of BACKENDS) {
    const alone = await start(backend);
    await alone.take(1);
    memory.push({ name: alone.name, bytes: alone.bytes });
    await alone.end();
  }
  const contestants: Contestant[] = [];
  for (const backend of BACKENDS) contestants.push(await start(backend));
  if (python) {
    const args = [reader, file];
    contestants.push(await ProcessContestant.start(FILE_NAMES.h5py, python, args, THREADS));
  }
  try {
    const run = await inRounds(contestants, rounds, (line) => say(`a .keras file: ${line}`));
    return { bytes: statSync(file).size, memory, ...run };
  } finally {
    for (const contestant of contestants) await contestant.end();
  }
}

async function writeQuickstart(file: string): Promise<void> {
  const sae = new GatedSAE({ inputDim: 784, encodingDim: 6272, seed: 0 });
  sae.compile({ optimizer: new KerasAdam() });
  const x = tf.randomUniform([64, 784], 0, 1, 'float32', 0);
  await sae.trainOnBatch(x);
  await sae.save(kerasArchive(file));
  x.dispose();
  sae.dispose();
}

const timeOf = ({ timings }: FileResult, name: string): number | undefined => {
  const found = timings.find((timing) => timing.name === name);
  return found && median(found.rounds);
};

/** How often the time of h5py it takes to open the file here; undefined without Python. */
export function timesOfH5py(result: FileResult): number | undefined {
  const [ours, theirs] = [timeOf(result, FILE_NAMES.cpu), timeOf(result, FILE_NAMES.h5py)];
  return ours === undefined || theirs === undefined ? undefined : ours / theirs;
}

/** The most memory, in units of the file's length. */
export const timesOfFile = ({ memory, bytes }: FileResult, backend: 'cpu' | 'wasm'): number =>
  (memory.find(({ name }) => name === FILE_NAMES[backend])?.bytes ?? Number.NaN) / bytes;

export function fileTable(result: FileResult): string {
  const theirs = timeOf(result, FILE_NAMES.h5py);
  const rows = result.timings.map(({ name, rounds }) => {
    const time = median(rounds);
    const peak = result.memory.find((one) => one.name === name)?.bytes;
    return [
      name,
      ms(time),
      `${ms(Math.min(...rounds))} to ${ms(Math.max(...rounds))}`,
      theirs === undefined ? '' : atMost(time / theirs),
      peak === undefined ? '' : megabytes(peak),
      peak === undefined ? '' : atMost(peak / result.bytes),
    ];
  });
  return table(['', 'ms', 'fastest to slowest', '× h5py', 'memory', ': the file'], rows);
}

/** The values that each has read: one that has others has not read the file. */
export function differentCounts({ timings }: FileResult): string[] {
  const [first] = timings;
  // h5py counts a fixed learning rate as an array.
  return timings
    .filter(({ firstLoss }) => Math.abs(firstLoss - (first?.firstLoss ?? 0)) > 1)
    .map(({ name }) => name);
}
