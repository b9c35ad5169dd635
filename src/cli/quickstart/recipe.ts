import { ARCHITECTURES, type Architecture } from '../../architectures';
import { anneal } from '../../models/annealing';
import type { SAEModel } from '../../models/saeModel';
import { KerasAdam } from '../../optimizers/kerasAdam';
import { WarmupCosineDecay } from '../../optimizers/schedules';
import { IMAGE_SIZE } from '../data/fashionMnist';
import type { Settings } from './settings';

const CLIP_NORM = 1;

/** The settings that a recipe gives where their flags are left out. */
export type RecipeFlags = Pick<
  Settings,
  'architecture' | 'lambda' | 'l0' | 'learningRate' | 'batchSize'
>;

/** How a run trains. */
interface TrainingRecipe {
  readonly flags: Readonly<RecipeFlags>;
  /** What is otherwise in a first look. */
  readonly quick: Readonly<Partial<RecipeFlags>>;
  /** Options that every architecture has. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Of Adam. */
  readonly beta1: number;
  readonly epsilon: number;
  /** Where an option k begins, in times what it comes to, and by which share of the steps it is there. */
  readonly manyFirst?: { readonly times: number; readonly until: number };
}

/** Sizes of a first look, which `--quick` stands for: half a minute on two cores. */
export const QUICK = {
  epochs: 12,
  images: 12_800,
  encodingDim: 1024,
} as const satisfies Partial<Settings>;

/** The recipes by name. */
export const RECIPES: Readonly<Record<Settings['recipe'], TrainingRecipe>> = {
  // The best of what has been tried, on training images; `npm run bench -- quality` measures it.
  best: {
    flags: {
      architecture: 'batchtopk',
      lambda: 0.05,
      l0: 64,
      learningRate: 1.5e-2,
      batchSize: 256,
    },
    quick: { l0: 27, batchSize: 128 },
    options: { encoderStart: 'decoder' },
    beta1: 0.9,
    // Adam brings gradients to one size. Of a feature that fires once in a thousand rows it makes a step
    // of thirty learning rates, after which the feature fires no more. This ε is above such a feature's
    // √v: steps are then as long as gradients say, and the rate is that of a descent without Adam.
    epsilon: 1e-3,
    // Features that are let in at first find something to do: few die.
    manyFirst: { times: 1.5, until: 0.2 },
  },
  // What the quickstart of Python's gated-sae-tf does.
  'gated-sae-tf': {
    flags: { architecture: 'gated', lambda: 1e-3, l0: null, learningRate: 1e-3, batchSize: 256 },
    quick: { lambda: 0.05, learningRate: 3e-3, batchSize: 128 },
    options: {},
    beta1: 0,
    epsilon: 1e-7,
  },
};

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

/**
 * A new model with the optimizer that trains it.
 *
 * @param inputDim the rows' width; that of the images by default
 */
export function newModel(settings: Settings, inputDim = IMAGE_SIZE): SAEModel {
  const { architecture, encodingDim, lambda, l0, seed } = settings;
  const { model: Model, recipe } = ARCHITECTURES[architecture] as Architecture;
  const { options, beta1, epsilon } = RECIPES[settings.recipe];
  const model = new Model({
    ...options,
    ...recipe.options,
    ...(recipe.sparsityWeight !== undefined && { [recipe.sparsityWeight]: lambda }),
    ...(l0 !== null && { ...recipe.optionsForL0, targetL0: l0 }),
    inputDim,
    encodingDim,
    clipNorm: CLIP_NORM,
    seed,
  });
  model.compile({
    optimizer: new KerasAdam({ learningRate: schedule(settings), beta1, beta2: 0.999, epsilon }),
  });
  return model;
}

/** What `fit` is to call while it trains a model: what the recipe changes from step to step. */
export function annealing(settings: Settings, model: SAEModel): ReturnType<typeof anneal>[] {
  const { manyFirst } = RECIPES[settings.recipe];
  const { k } = model.sae.options as { k?: number };
  if (manyFirst === undefined || k === undefined) return [];
  const from = Math.min(settings.encodingDim, Math.ceil(manyFirst.times * k));
  const steps = Math.max(1, Math.floor(manyFirst.until * allSteps(settings)));
  return [anneal('k', { from, to: k, steps })];
}
