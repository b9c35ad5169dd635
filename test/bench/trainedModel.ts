import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { GatedSAE } from '../../src';
import { fileSystem } from '../../src/node';

const root = join(__dirname, '..', '..');

/** What gated-sae-tf's recipe has made of Fashion-MNIST. */
export interface Trained {
  readonly model: GatedSAE;
  /** With which the images were split. */
  readonly seed: number;
}

/** The quickstart's model; trained first where it is not in the folder. */
export async function trainedModel(folder: string, say: (line: string) => void): Promise<Trained> {
  const report = join(folder, 'report.json');
  if (!existsSync(report)) train(folder, say);
  const { settings } = JSON.parse(readFileSync(report, 'utf8')) as { settings: { seed: number } };
  const model = await tf.loadLayersModel(fileSystem(join(folder, 'model')));
  return { model: model as GatedSAE, seed: settings.seed };
}

function train(folder: string, say: (line: string) => void): void {
  const command = join(root, 'dist', 'cli.mjs');
  if (!existsSync(command)) {
    say('dist/ is missing: building it.');
    run('npm', ['run', '--silent', 'build']);
  }
  say('The trained state is missing: running the quickstart, which takes 6 to 10 minutes.');
  const resume = existsSync(join(folder, 'checkpoints')) ? ['--resume'] : [];
  run(process.execPath, [
    command,
    'quickstart',
    '--recipe',
    'gated-sae-tf',
    '--out',
    folder,
    ...resume,
  ]);
}

function run(command: string, args: string[]): void {
  const { status } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`);
}
