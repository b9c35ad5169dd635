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

/** What every sparse-autoencoder model takes. */
export interface SAEModelArgs extends DictionaryOptions {
  /** Width of the rows: the values in one. Python: `input_dim`. */
  inputDim: number;
  /**
   * Largest norm of all gradients together in a step; 1 by default, null for no limit. Python:
   * `clip_norm`.
   */
  clipNorm?: number | null;
  /**
   * An L0 to come to, a number > 0; null, the default, for none. Training steers λ, `lambdaSparse`, so
   * that so many features fire on a row on average; of a TopK SAE it is `k`; a JumpReLU SAE has a loss
   * of its own for it. Python: `target_l0`.
   */
  targetL0?: number | null;
  /**
   * Where steering goes on from, in the configuration of a saved model: L0's running mean; none by
   * default.
   */
  recentL0?: number;
  /** The model's name; its class and a number by default, as `gated_sae_1`. */
  name?: string;
  /** Whether training changes it; true by default. */
  trainable?: boolean;
}

/** What `compile` takes; the loss is the architecture's own. */
export interface SAECompileArgs {
  /** An optimizer or a tfjs optimizer's name; `new KerasAdam()` by default. */
  optimizer?: ModelCompileArgs['optimizer'];
  /** More metrics of reconstruction against target, as tfjs knows them; none by default. */
  metrics?: ModelCompileArgs['metrics'];
  /**
   * What computes a training step: `'sparse'` is WebAssembly on CPU, `'tensor'` tfjs's backend.
   * `'auto'`, the default, takes the faster one: sparse on the cpu and wasm backends.
   */
  step?: StepName;
  /** Threads of the sparse step; as many as there are cores, where they help, by default. */
  threads?: number;
  /**
   * Only `'meanSquaredError'`, the default, which tfjs's files name; the architecture's own loss is
   * what counts.
   */
  loss?: ModelCompileArgs['loss'];
}

/** What `fit` takes: tfjs's arguments, with data that needs no target. */
export type SAEFitArgs = Omit<
  ModelFitArgs,
  'validationData' | 'classWeight' | 'sampleWeight' | 'stepsPerEpoch' | 'validationSteps'
> & {
  /** Rows, or rows and targets, on which the losses are taken after each epoch; none by default. */
  validationData?: ValidationTensors;
  /**
   * An integer from 0 to 2³² − 1 from which, together with the epoch's number, the order of the rows
   * follows; drawn at random by default. The same one gives the same batches.
   */
  seed?: number;
  /** Where to go on, as `resume` gave it; at the beginning by default. */
  resumeAt?: TrainingPlace;
};

/** What `fitDataset` takes: tfjs's arguments, with data that needs no target. */
export type SAEFitDatasetArgs = Omit<
  Partial<ModelFitDatasetArgs<unknown>>,
  'validationData' | 'classWeight'
> & {
  /**
   * Rows, rows and targets, or a dataset of them, on which the losses are taken after each epoch; none
   * by default.
   */
  validationData?: ValidationTensors | RowDataset | ModelFitDatasetArgs<unknown>['validationData'];
  /**
   * Whether to train on rows that say that they are of another network, or another layer, than the
   * dictionary is made for; false by default.
   */
  force?: boolean;
  /** Where to go on, as `resume` gave it; at the beginning by default. */
  resumeAt?: TrainingPlace;
};

/** What a pass over rows takes. */
export interface PassArgs {
  /** Rows that are computed at a time; 512 by default, and 32 where tfjs computes. */
  batchSize?: number;
}

/** What `initDecoderBias` takes. */
export interface DecoderBiasArgs extends PassArgs {
  /** Whether to replace the b_dec of a model that is trained or was loaded; false by default. */
  force?: boolean;
}

/** What tfjs's `evaluateDataset` takes. */
export type EvaluateDatasetArgs = NonNullable<Parameters<LayersModel['evaluateDataset']>[1]>;
/** A dataset as tfjs-layers takes it. */
export type BaseDataset = Parameters<LayersModel['evaluateDataset']>[0];
/** A tensor, or several, as tfjs-layers takes data. */
export type BaseData = Parameters<LayersModel['trainOnBatch']>[0];
/** How a file says that its model was compiled. */
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
/** What is left to tfjs to check, having many forms. */
const anything = rule<never>('anything', () => true);
/** More than any machine has, but no typing error. */
const threadCount: Rule<number> = {
  expected: 'an integer from 1 to 64',
  accepts: (v) => Number.isSafeInteger(v) && Number(v) >= 1 && Number(v) <= 64,
};
const batchSize = positiveInteger(32);
const count = optional(positiveInteger());

/** What `fit` and `fitDataset` both take. */
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
/** What a pass over data takes that trains nothing. */
export const STREAM_RULES = { batchSize: positiveInteger(512) };
export const BIAS_RULES = { ...STREAM_RULES, force: flag(false) };
