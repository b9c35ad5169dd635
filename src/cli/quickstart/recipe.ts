import { ARCHITECTURES, type Architecture } from '../../architectures';
import type { SAEModel } from '../../models/saeModel';
import { KerasAdam } from '../../optimizers/kerasAdam';
import { WarmupCosineDecay } from '../../optimizers/schedules';
import { IMAGE_SIZE } from '../data/fashionMnist';
import type { Settings } from './settings';

const CLIP_NORM = 1;

/** Optimizer steps in an epoch: the last batch may be a small one. */
export const stepsPerEpoch = ({ images, batchSize }: Settings): number =>
  Math.ceil(images / batchSize);

/** Optimizer steps in the whole run. */
export const allSteps = (settings: Settings): number => settings.epochs * stepsPerEpoch(settings);

/** The learning rate of each step; small last batches do not count, as in Python's quickstart. */
export function schedule({ epochs, images, batchSize, learningRate }: Settings): WarmupCosineDecay {
  const totalSteps = epochs * Math.max(1, Math.floor(images / batchSize));
  const warmupSteps = Math.floor(totalSteps / 10);
  return new WarmupCosineDecay({ peakLr: learningRate, warmupSteps, totalSteps });
}

/** Whether an architecture has a sparsity penalty, whose weight `--lambda` sets. */
export const hasLambda = (architecture: string): boolean =>
  ARCHITECTURES[architecture]?.recipe.sparsityWeight !== undefined;

/** A new model with the optimizer that trains it, as in the quickstart of Python's gated-sae-tf. */
export function newModel(settings: Settings): SAEModel {
  const { architecture, encodingDim, lambda, l0, seed } = settings;
  const { model: Model, recipe } = ARCHITECTURES[architecture] as Architecture;
  const model = new Model({
    ...recipe.options,
    ...(recipe.sparsityWeight !== undefined && { [recipe.sparsityWeight]: lambda }),
    ...(l0 !== null && { targetL0: l0 }),
    inputDim: IMAGE_SIZE,
    encodingDim,
    clipNorm: CLIP_NORM,
    seed,
  });
  model.compile({
    optimizer: new KerasAdam({ learningRate: schedule(settings), beta1: 0, beta2: 0.999 }),
  });
  return model;
}
