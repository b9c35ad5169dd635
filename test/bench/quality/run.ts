/**
 * `npm run bench -- quality`: how well each architecture does on real rows and on rows of known
 * features, beside SAELens and dictionary_learning. Writes docs/quality.md's tables and its picture.
 *
 * What has been measured is kept as it comes, so that a run that was stopped goes on.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { ARCHITECTURES } from '../../../src';
import { IMAGE_SIZE } from '../../../src/cli/data/fashionMnist';
import { preparePeers } from '../../python';
import { type Images, openImages } from '../images';
import { baselines } from './baselines';
import { drawFront } from './front';
import { keep, type Measured, measured } from './measured';
import { page } from './page';
import { trainPeers } from './peers';
import { L0S, SEEDS, SPLIT_SEED } from './settings';
import { STRUCTURES } from './synthetic';
import { stability, trainOnImages, trainOnSynthetic } from './trial';

const root = join(__dirname, '..', '..', '..');
const say = (line: string) => process.stderr.write(`${line}\n`);

/** Trains all architectures at all L0s and seeds that were not trained yet. */
async function measureImages(all: Measured, images: Images): Promise<void> {
  for (const architecture of Object.keys(ARCHITECTURES)) {
    for (const target of L0S) {
      const isHere = (made: { architecture: string; target: number }) =>
        made.architecture === architecture && made.target === target;
      if (all.shared.some(isHere)) continue;
      const alive: Float32Array[] = [];
      for (const seed of SEEDS) {
        await setImmediate(); // which lets the peers' lines in
        const { alive: rows, ...outcome } = await trainOnImages(architecture, target, seed, images);
        alive.push(rows);
        all.images.push({ architecture, target, seed, ...outcome });
        say(`${architecture} at ${target}, seed ${seed}: ${words(outcome)}`);
      }
      all.shared.push({ architecture, target, share: stability(alive, IMAGE_SIZE) });
      keep(all);
    }
  }
}

async function measureSynthetic(all: Measured): Promise<void> {
  for (const structure of STRUCTURES) {
    for (const architecture of Object.keys(ARCHITECTURES)) {
      for (const seed of SEEDS) {
        const isHere = all.synthetic.some(
          (made) =>
            made.structure === structure &&
            made.architecture === architecture &&
            made.seed === seed,
        );
        if (isHere) continue;
        const found = await trainOnSynthetic(architecture, structure, seed);
        all.synthetic.push({ structure, architecture, seed, ...found });
        keep(all);
        say(
          `${structure}, ${architecture}, seed ${seed}: MCC ${found.mcc.toFixed(3)}, ${words(found)}`,
        );
      }
    }
  }
}

async function measurePeers(all: Measured, images: Images): Promise<void> {
  const python = preparePeers(root);
  if (python === undefined) {
    say('No Python from 3.11 to 3.13 with venv: SAELens and dictionary_learning are left out.');
    return;
  }
  const folder = join(root, '.cache', 'bench');
  mkdirSync(folder, { recursive: true });
  await trainPeers(python, folder, images, SEEDS.slice(0, 1), all.peers, (outcome) => {
    all.peers.push(outcome);
    keep(all);
    const { peer, architecture, options, lr } = outcome;
    say(`${peer}, ${architecture} ${JSON.stringify(options)}, rate ${lr}: ${words(outcome)}`);
  });
}

const words = ({
  l0,
  explainedVariance,
  dead,
}: {
  l0: number;
  explainedVariance: number;
  dead: number;
}) => `L0 ${l0.toFixed(1)}, explained variance ${explainedVariance.toFixed(4)}, ${dead} dead`;

/** Measures what is missing, and writes the page. */
export async function quality(): Promise<void> {
  tf.enableProdMode();
  await tf.setBackend('wasm');
  const all = measured();
  const images = await openImages(SPLIT_SEED);
  if (all.baselines === undefined) {
    all.baselines = baselines(images.training, images.heldOut, L0S);
    keep(all);
  }
  const ours = async () => {
    await measureImages(all, images);
    await measureSynthetic(all);
  };
  await Promise.all([measurePeers(all, images), ours()]);
  writeFileSync(join(root, 'docs', 'quality.md'), page(all));
  writeFileSync(join(root, 'docs', 'pictures', 'quality-front.svg'), drawFront(all));
  say(
    'Written to docs/quality.md, docs/quality/measured.json and docs/pictures/quality-front.svg.',
  );
}
