/**
 * `npx tsx docs/recipe/run.ts`: trains the trials that docs/recipe/measured.json has not yet, adds
 * them there, and prints the tables of docs/recipe.md. To measure anew, delete that file.
 */
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs';
import { type Images, readImages } from './images';
import { keep, type Measured, measured } from './measured';
import { table } from './table';
import { run, type Trial, USUAL } from './trial';
import { SWEEPS } from './trials';

const TRAINING_IMAGES = 10_000;
async function main(): Promise<void> {
  tf.enableProdMode();
  await tf.setBackend('wasm');
  const all = measured();
  let images: Images | undefined;
  for (const { name, trials } of SWEEPS) {
    const made: Measured[] = [];
    for (const trial of trials) {
      let found = all.find((other) => same(other.trial, trial));
      if (found === undefined) {
        images ??= await readImages(TRAINING_IMAGES);
        found = { trial, outcome: await run(trial, images) };
        all.push(found);
        keep(all);
      }
      made.push(found);
    }
    process.stdout.write(`\n${table(name, made)}\n`);
  }
}

const same = (a: Partial<Trial>, b: Partial<Trial>) =>
  JSON.stringify({ ...USUAL, ...a }) === JSON.stringify({ ...USUAL, ...b });

void main();
