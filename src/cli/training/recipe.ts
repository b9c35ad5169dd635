import { ARCHITECTURES, type Architecture } from '../../architectures';
import { anneal } from '../../models/annealing';
import type { SAEModel } from '../../models/saeModel';
import { KerasAdam } from '../../optimizers/kerasAdam';
import { WarmupCosineDecay } from '../../optimizers/schedules';
import type { RunSettings } from './settings';

const CLIP_NORM = 1;

/** The settings that a recipe provides if their options are not given. */
export type RecipeFlags = Pick<
  RunSettings,
  'architecture' | 'lambda' | 'l0' | 'learningRate' | 'batchSize'
>;

/** How a run trains. */
interface TrainingRecipe {
  readonly flags: Readonly<RecipeFlags>;
  /** What differs in a first look. */
  readonly quick: Readonly<Partial<RecipeFlags>>;
  /** Options that every architecture has. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The β1 of Adam. */
  readonly beta1: number;
  readonly epsilon: number;
  /**
   * The initial value of an option k, as a multiple of its final value, and the share of the steps
   * until it is reached.
   */
  readonly manyFirst?: { readonly times: number; readonly until: number };
}

/** The recipes by name. */
export const RECIPES: Readonly<Record<RunSettings['recipe'], TrainingRecipe>> = {
  // The best recipe found, on training images; `npm run bench -- quality` measures it.
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
    // Adam normalizes the size of gradients. For a feature that fires once in a thousand rows it
    // would take a step of thirty learning rates, after which the feature no longer fires. This ε
    // is larger than such a feature's √v: steps are then proportional to gradients, as in descent
    // without Adam.
    epsilon: 1e-3,
    // Features that are active from the start find something to do: few die.
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

/** The facts about a run's data that its course depends on. */
export interface TrainedOn {
  /** Values in a row. */
  readonly inputDim: number;
  /** Rows in a pass. */
  readonly rows: number;
}

/** Returns the number of optimizer steps in an epoch; the last batch may be smaller. */
export const stepsPerEpoch = ({ batchSize }: RunSettings, rows: number): number =>
  Math.ceil(rows / batchSize);

/** Returns the number of optimizer steps in the whole run. */
export const allSteps = (settings: RunSettings, rows: number): number =>
  settings.epochs * stepsPerEpoch(settings, rows);

/**
 * Returns the learning rate schedule; smaller last batches do not count, as in Python's quickstart.
 */
export function schedule(
  { epochs, batchSize, learningRate }: RunSettings,
  rows: number,
): WarmupCosineDecay {
  const totalSteps = epochs * Math.max(1, Math.floor(rows / batchSize));
  const warmupSteps = Math.floor(totalSteps / 10);
  return new WarmupCosineDecay({ peakLr: learningRate, warmupSteps, totalSteps });
}

/** Returns whether an architecture has a sparsity penalty, whose weight `--lambda` sets. */
export const hasLambda = (architecture: string): boolean =>
  ARCHITECTURES[architecture]?.recipe.sparsityWeight !== undefined;

/**
 * Creates a model with the optimizer that trains it.
 *
 * @param more further common options, besides those of the recipe
 */
export function newModel(
  settings: RunSettings,
  { inputDim, rows }: TrainedOn,
  more: Readonly<Record<string, unknown>> = {},
): SAEModel {
  const { architecture, encodingDim, lambda, l0, seed } = settings;
  const { model: Model, recipe } = ARCHITECTURES[architecture] as Architecture;
  const { options, beta1, epsilon } = RECIPES[settings.recipe];
  const model = new Model({
    ...options,
    ...recipe.options,
    ...(recipe.sparsityWeight !== undefined && { [recipe.sparsityWeight]: lambda }),
    ...(l0 !== null && { ...recipe.optionsForL0, targetL0: l0 }),
    ...more,
    inputDim,
    encodingDim,
    clipNorm: CLIP_NORM,
    seed,
  });
  const learningRate = schedule(settings, rows);
  model.compile({ optimizer: new KerasAdam({ learningRate, beta1, beta2: 0.999, epsilon }) });
  return model;
}

/** Returns the callbacks for `fit`: what the recipe changes from step to step. */
export function annealing(
  settings: RunSettings,
  rows: number,
  model: SAEModel,
): ReturnType<typeof anneal>[] {
  const { manyFirst } = RECIPES[settings.recipe];
  const { k } = model.sae.options as { k?: number };
  if (manyFirst === undefined || k === undefined) return [];
  const from = Math.min(settings.encodingDim, Math.ceil(manyFirst.times * k));
  const steps = Math.max(1, Math.floor(manyFirst.until * allSteps(settings, rows)));
  return [anneal('k', { from, to: k, steps })];
}
