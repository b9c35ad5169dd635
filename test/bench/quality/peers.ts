import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Images, writeImages } from '../images';
import { L0S, SIZES } from './settings';
import type { Outcome } from './trial';

const SCRIPT = join(__dirname, '..', '..', '..', 'python-interop', 'bench', 'quality.py');

/** One training by a peer's own trainer. */
export interface PeerOutcome extends Outcome {
  readonly peer: 'sae_lens' | 'dictionary_learning';
  readonly architecture: 'batchtopk' | 'gated';
  readonly options: Readonly<Record<string, number>>;
  readonly lr: number;
  readonly seed: number;
}

/** Rates that are tried: SAELens's own, and higher ones, as ours is. */
export const LEARNING_RATES = [3e-4, 2e-3, 5e-3];
/** Penalties of Gated SAEs, which neither package finds for a given L0: these span ours. */
export const PENALTIES = [0.1, 0.2, 0.5, 1, 2, 4];

/**
 * Trains SAELens's and dictionary_learning's BatchTopK and Gated SAEs on the same images.
 *
 * @param python with both packages
 * @param folder for the images, as files
 * @param done what is not to be trained again
 * @param onOutcome takes each as it is there
 */
export async function trainPeers(
  python: string,
  folder: string,
  images: Images,
  seeds: readonly number[],
  done: readonly PeerOutcome[],
  onOutcome: (outcome: PeerOutcome) => void,
): Promise<void> {
  const { encodingDim, epochs, batchSize } = SIZES;
  const steps = epochs * Math.ceil(images.training.order.length / batchSize);
  const settings = join(folder, 'peers.json');
  const given = {
    ...writeImages(folder, images),
    ...{
      inputDim: images.training.width,
      encodingDim,
      epochs,
      batchSize,
      steps,
      seeds,
      l0s: L0S,
      done,
    },
    learningRates: LEARNING_RATES,
    penalties: PENALTIES,
  };
  writeFileSync(settings, JSON.stringify(given));
  const child = spawn(python, [SCRIPT, settings, '--threads', '1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TQDM_DISABLE: '1' },
  });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('{')) onOutcome(JSON.parse(line) as PeerOutcome);
  }
  const code = await new Promise<number | null>((resolve) => {
    if (child.exitCode !== null) resolve(child.exitCode);
    else child.on('close', resolve);
  });
  if (code !== 0) throw new Error(`${SCRIPT} ended with ${code}`);
}
