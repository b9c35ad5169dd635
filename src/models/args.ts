import type {
  LayersModel,
  ModelCompileArgs,
  ModelFitArgs,
  ModelFitDatasetArgs,
} from '@tensorflow/tfjs-layers';
import type { RowDataset } from '../activations/rows';
import { STEPS, type StepName } from '../engine/choice';
import { DICTIONARY_RULES, type DictionaryOptions } from '../layers/dictionaryOptions';
import {
  flag,
  oneOf,
  optional,
  positiveInteger,
  positiveOrNull,
  type Rule,
  type Rules,
  seedRule,
  tensorName,
  wholeOr0,
} from '../options';
import type { ValidationTensors } from './data';
import type { L0Options } from './steering';
import { placeRule, type TrainingPlace } from './trainingPlace';

/** Options of every sparse-autoencoder model. */
export interface SAEModelArgs extends DictionaryOptions {
  /** Width of the rows: the number of values in one. Python: `input_dim`. */
  inputDim: number;
  /**
   * Largest norm of all gradients together in a step; 1 by default, null for no limit. Python:
   * `clip_norm`.
   */
  clipNorm?: number | null;
  /**
   * The L0 to reach, a number > 0; null, the default, for none. Training adjusts λ (`lambdaSparse`)
   * so that this many features fire on an average row. For a TopK SAE it is `k`; a JumpReLU SAE has
   * a separate loss for it. Python: `target_l0`.
   */
  targetL0?: number | null;
  /**
   * L0's running mean, from which a loaded model continues to adjust λ; part of a saved model's
   * configuration; none by default.
   */
  recentL0?: number;
  /** The model's name; by default its class and a number, like `gated_sae_1`. */
  name?: string;
  /** Whether training changes the weights; true by default. */
  trainable?: boolean;
}

/** Options of `compile`; the loss is the architecture's own. */
export interface SAECompileArgs {
  /** An optimizer, or the name of a tfjs optimizer; `new KerasAdam()` by default. */
  optimizer?: ModelCompileArgs['optimizer'];
  /** Additional metrics of reconstruction against target, as tfjs takes them; none by default. */
  metrics?: ModelCompileArgs['metrics'];
  /**
   * What computes a training step: `'sparse'` uses WebAssembly on the CPU, `'tensor'` uses tfjs's
   * backend. `'auto'`, the default, takes the faster: sparse on the cpu and wasm backends.
   */
  step?: StepName;
  /** Threads of the sparse step; by default as many as there are cores, if they help. */
  threads?: number;
  /**
   * Only `'meanSquaredError'`, the default, which tfjs's files name; training uses the
   * architecture's own loss.
   */
  loss?: ModelCompileArgs['loss'];
}

/** Options of `fit`: tfjs's arguments, for data that needs no target. */
export type SAEFitArgs = Omit<
  ModelFitArgs,
  'validationData' | 'classWeight' | 'sampleWeight' | 'stepsPerEpoch' | 'validationSteps'
> & {
  /**
   * Rows, or rows and targets, on which the losses are computed after each epoch; none by default.
   */
  validationData?: ValidationTensors;
  /**
   * An integer from 0 to 2³² − 1 that determines the order of the rows together with the epoch's
   * number; random by default. The same seed gives the same batches.
   */
  seed?: number;
  /** Where to continue, as returned by `resume`; from the beginning by default. */
  resumeAt?: TrainingPlace;
};

/** Options of `fitDataset`: tfjs's arguments, for data that needs no target. */
export type SAEFitDatasetArgs = Omit<
  Partial<ModelFitDatasetArgs<unknown>>,
  'validationData' | 'classWeight'
> & {
  /**
   * Rows, rows and targets, or a dataset of them, on which the losses are computed after each
   * epoch; none by default.
   */
  validationData?: ValidationTensors | RowDataset | ModelFitDatasetArgs<unknown>['validationData'];
  /**
   * Whether to train even if the rows say that they come from another network or layer than the
   * dictionary is made for; false by default.
   */
  force?: boolean;
  /** Where to continue, as returned by `resume`; from the beginning by default. */
  resumeAt?: TrainingPlace;
};

/** Options of a pass over rows. */
export interface PassArgs {
  /** Rows computed at a time; 512 by default, and 32 where tfjs computes. */
  batchSize?: number;
}

/** Options of `initDecoderBias`. */
export interface DecoderBiasArgs extends PassArgs {
  /** Whether to replace the b_dec of a model that was trained or loaded; false by default. */
  force?: boolean;
}

/** The arguments of tfjs's `evaluateDataset`. */
export type EvaluateDatasetArgs = NonNullable<Parameters<LayersModel['evaluateDataset']>[1]>;
/** A dataset as tfjs-layers takes it. */
export type BaseDataset = Parameters<LayersModel['evaluateDataset']>[0];
/** A tensor, or several, as tfjs-layers takes data. */
export type BaseData = Parameters<LayersModel['trainOnBatch']>[0];
/** The training configuration of a model file. */
export type TrainingConfig = Parameters<LayersModel['loadTrainingConfig']>[0];

export const MODEL_RULES: Rules<Omit<SAEModelArgs, keyof L0Options>> = {
  inputDim: positiveInteger(),
  ...DICTIONARY_RULES,
  clipNorm: positiveOrNull(1),
  name: optional(tensorName),
  trainable: flag(true),
};

const rule = <T>(expected: string, accepts: (value: unknown) => boolean): Rule<T | undefined> =>
  optional({ expected, accepts });
const isObject = (v: unknown) => typeof v === 'object' && v !== null;
const isAtLeast0 = (v: unknown): v is number => typeof v === 'number' && v >= 0;
/** Options that tfjs checks, since they have many forms. */
const anything = rule<never>('anything', () => true);
/** More than any machine has, but low enough to catch a typing error. */
const threadCount: Rule<number> = {
  expected: 'an integer from 1 to 64',
  accepts: (v) => Number.isSafeInteger(v) && Number(v) >= 1 && Number(v) <= 64,
};
const batchSize = positiveInteger(32);
const count = optional(positiveInteger());

/** Options that `fit` and `fitDataset` share. */
const TRAINING_RULES = {
  epochs: positiveInteger(1),
  initialEpoch: optional(wholeOr0()),
  verbose: rule<never>('0, 1, 2 or 3', (v) => [0, 1, 2, 3].includes(v as number)),
  callbacks: rule<never>('a callback or several', (v) => v === null || [v].flat().every(isObject)),
  yieldEvery: rule<never>(
    '"auto", "batch", "epoch", "never" or milliseconds',
    (v) => isAtLeast0(v) || ['auto', 'batch', 'epoch', 'never'].includes(v as string),
  ),
  validationData: anything,
  resumeAt: placeRule,
};
export const FIT_RULES = {
  ...TRAINING_RULES,
  batchSize,
  seed: seedRule,
  shuffle: optional(flag()),
  validationSplit: rule<number>('a number in [0, 1)', (v) => isAtLeast0(v) && v < 1),
};
export const FIT_DATASET_RULES = {
  ...TRAINING_RULES,
  force: flag(false),
  batchesPerEpoch: count,
  validationBatches: count,
  validationBatchSize: batchSize,
};
export const EVALUATE_RULES = { batchSize, verbose: TRAINING_RULES.verbose };
export const EVALUATE_DATASET_RULES = { batches: count, verbose: TRAINING_RULES.verbose };
export const SAVE_RULES = { trainableOnly: optional(flag()), includeOptimizer: optional(flag()) };
export const PREDICT_RULES = { batchSize, verbose: anything };
export const COMPILE_RULES = {
  optimizer: anything,
  metrics: anything,
  loss: anything,
  step: oneOf<StepName>(STEPS, 'auto'),
  threads: optional(threadCount),
};
/** Options of a pass over data without training. */
export const STREAM_RULES = { batchSize: positiveInteger(512) };
export const BIAS_RULES = { ...STREAM_RULES, force: flag(false) };
