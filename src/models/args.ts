import type * as tf from '@tensorflow/tfjs-core';
import type {
  LayersModel,
  ModelCompileArgs,
  ModelFitArgs,
  ModelFitDatasetArgs,
} from '@tensorflow/tfjs-layers';
import type { RowDataset } from '../activations/rows';
import {
  optionalInteger,
  optionalName,
  positiveInteger,
  positiveOrNull,
  type Rules,
} from '../options';

/** What every sparse-autoencoder model takes. */
export interface SAEModelArgs {
  /** Width of the rows. */
  inputDim: number;
  /** Number of features in the dictionary, usually several times `inputDim`. */
  encodingDim: number;
  /** Largest norm of all gradients together; 1 by default, null for no limit. */
  clipNorm?: number | null;
  /** Makes the initial weights the same every time. */
  seed?: number;
  /** The model's name. */
  name?: string;
}

/** What `compile` takes; the loss is the architecture's own. */
export interface SAECompileArgs {
  /** An optimizer or a tfjs optimizer's name; `new KerasAdam()` by default. */
  optimizer?: ModelCompileArgs['optimizer'];
  /** More metrics of reconstruction against target, as tfjs knows them. */
  metrics?: ModelCompileArgs['metrics'];
  /** Only `'meanSquaredError'`, which tfjs files name; the architecture's own loss is used. */
  loss?: ModelCompileArgs['loss'];
}

/** Rows, or rows and targets. */
export type ValidationTensors = tf.Tensor | [tf.Tensor] | [tf.Tensor, tf.Tensor];

/** What `fit` takes: tfjs's arguments, with data that needs no target. */
export type SAEFitArgs = Omit<
  ModelFitArgs,
  'validationData' | 'classWeight' | 'sampleWeight' | 'stepsPerEpoch' | 'validationSteps'
> & { validationData?: ValidationTensors };

/** What `fitDataset` takes: tfjs's arguments, with data that needs no target. */
export type SAEFitDatasetArgs = Omit<
  Partial<ModelFitDatasetArgs<unknown>>,
  'validationData' | 'classWeight'
> & {
  validationData?: ValidationTensors | RowDataset | ModelFitDatasetArgs<unknown>['validationData'];
};

export type EvaluateDatasetArgs = Parameters<LayersModel['evaluateDataset']>[1];
export type BaseDataset = Parameters<LayersModel['evaluateDataset']>[0];
export type BaseData = Parameters<LayersModel['trainOnBatch']>[0];
export type TrainingConfig = Parameters<LayersModel['loadTrainingConfig']>[0];

export const MODEL_RULES: Rules<SAEModelArgs> = {
  inputDim: positiveInteger(),
  encodingDim: positiveInteger(),
  clipNorm: positiveOrNull(1),
  seed: optionalInteger,
  name: optionalName,
};
export const FIT_RULES: Rules<Pick<SAEFitArgs, 'batchSize' | 'epochs'>> = {
  batchSize: positiveInteger(32),
  epochs: positiveInteger(1),
};
const CALLBACK_OPTIONS = ['callbacks', 'verbose', 'yieldEvery', 'initialEpoch', 'validationData'];
export const FIT_OPTIONS = [...CALLBACK_OPTIONS, 'validationSplit', 'shuffle'];
export const FIT_DATASET_RULES: Rules<Pick<SAEFitArgs, 'epochs'>> = { epochs: FIT_RULES.epochs };
export const FIT_DATASET_OPTIONS = [
  ...CALLBACK_OPTIONS,
  ...['batchesPerEpoch', 'validationBatchSize', 'validationBatches'],
];
export const EVALUATE_RULES = { batchSize: FIT_RULES.batchSize };
export const BIAS_RULES: Rules<{ batchSize?: number }> = { batchSize: positiveInteger(512) };
