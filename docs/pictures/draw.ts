/**
 * `npx tsx docs/pictures/draw.ts [name…]`: draws the pictures of the guides anew, all of them or
 * those that are named. Those of Fashion-MNIST train for some minutes first.
 */
import '@tensorflow/tfjs-backend-wasm';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { bars } from './bars';
import { dictionary } from './dictionary';
import { frontier } from './frontier';
import { paths } from './paths';
import { positions } from './positions';
import { splice } from './splice';
import { superposition } from './superposition';

/** What each script draws: the files, by name. */
const PICTURES: Readonly<Record<string, () => Promise<Record<string, string | Uint8Array>>>> = {
  superposition,
  paths,
  frontier,
  bars,
  dictionary,
  positions,
  splice,
};

async function main(): Promise<void> {
  tf.enableProdMode();
  await tf.setBackend('wasm');
  const wanted = process.argv.slice(2);
  for (const [name, draw] of Object.entries(PICTURES)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    for (const [file, content] of Object.entries(await draw())) {
      await writeFile(join(__dirname, file), content);
      process.stdout.write(`docs/pictures/${file}\n`);
    }
  }
}

void main();
