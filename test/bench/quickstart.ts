/**
 * `npm run bench -- quickstart`: the whole of `gated-sae quickstart --recipe gated-sae-tf`, and the same
 * training by gated-sae-tf under Keras, one after the other. Prints both, and writes nothing.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunReport } from '../../src/cli/quickstart/runReport';
import { preparePython, pythonIn } from '../python';
import { openImages, writeImages } from './images';
import { THREADS } from './lineup';

const root = join(__dirname, '..', '..');
const folder = join(root, '.cache', 'bench', 'whole-quickstart');
/** As the package's quickstart has them. */
const OF_THE_RECIPE = { auxWeight: 0.1, clipNorm: 1 } as const;

interface Trained {
  readonly seconds: number;
  readonly l0: number;
  readonly dead: number;
  readonly explainedVariance: number;
}

/** Trains in both, and prints how long it took and what came of it. */
export async function quickstart(): Promise<void> {
  const venv = join(root, '.venv');
  if (!preparePython(venv, join(root, 'python-interop', 'requirements.txt'))) {
    throw new Error('It needs a Python from 3.11 to 3.13 with venv, and gated-sae-tf.');
  }
  mkdirSync(folder, { recursive: true });
  const { settings, ours } = trainHere();
  const keras = await trainInPython(pythonIn(venv), settings);
  for (const [name, made] of [
    ['gated-sae-tfjs', ours],
    ['gated-sae-tf under Keras', keras],
  ] as const) {
    const variance = (100 * made.explainedVariance).toFixed(2);
    console.log(
      `${name}: ${made.seconds.toFixed(0)} s; L0 ${made.l0.toFixed(2)}, explained variance ` +
        `${variance} %, ${made.dead} dead`,
    );
  }
  console.log(`${(keras.seconds / ours.seconds).toFixed(2)} times as long in Keras.`);
}

/** The command itself, in a process of its own. */
function trainHere(): { settings: RunReport['settings']; ours: Trained } {
  const out = join(folder, 'run');
  rmSync(out, { recursive: true, force: true });
  const command = [join(root, 'dist', 'cli.mjs'), 'quickstart', '--recipe', 'gated-sae-tf'];
  run(process.execPath, [...command, '--out', out]);
  const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as RunReport;
  const { seconds, sparsity, explainedVariance, settings } = report;
  return {
    settings,
    ours: { seconds, l0: sparsity.l0Mean, dead: sparsity.dead, explainedVariance },
  };
}

/** The same training in Python, on the same rows. */
async function trainInPython(python: string, settings: RunReport['settings']): Promise<Trained> {
  const images = await openImages(settings.seed);
  const { encodingDim: features, ...others } = settings;
  const given = {
    ...{ ...others, features, inputDim: images.training.width, ...OF_THE_RECIPE },
    ...writeImages(folder, images),
  };
  const file = join(folder, 'settings.json');
  writeFileSync(file, JSON.stringify(given));
  const script = join(root, 'python-interop', 'bench', 'quickstart.py');
  return JSON.parse(run(python, [script, file, '--threads', `${THREADS}`])) as Trained;
}

/** Runs a command, and returns what it prints last. */
function run(command: string, args: readonly string[]): string {
  const { status, stdout } = spawnSync(command, args, {
    ...{ cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', CUDA_VISIBLE_DEVICES: '' },
  });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`);
  return stdout.trim().split('\n').at(-1) as string;
}
