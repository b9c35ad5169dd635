/** The trainings that `npm run bench -- quality` compares: all of the same rows, sizes and steps. */
import type { Settings } from '../../../src/cli/quickstart/settings';

/** Features that are to be active on a row. */
export const L0S: readonly number[] = [16, 32, 64, 128];
export const SEEDS: readonly number[] = [0, 1, 2];

/** Of every training on Fashion-MNIST, ours and the peers'. */
export const SIZES = {
  encodingDim: 1024,
  epochs: 5,
  images: 60_000,
  batchSize: 256,
  // So few features live at a higher rate than the quickstart's 6,272.
  learningRate: 2.5e-2,
} as const satisfies Partial<Settings>;

/** Of every training on synthetic rows, where as many features are learnt as there are. */
export const SYNTHETIC = {
  /** True features, and those of the dictionary. */
  features: 64,
  inputDim: 32,
  rows: 40_000,
  heldOut: 10_000,
  epochs: 12,
  batchSize: 256,
} as const;

/** Which images are held out never changes, so that all are measured on the same ones. */
export const SPLIT_SEED = 0;
