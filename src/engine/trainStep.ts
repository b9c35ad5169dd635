import type * as tf from '@tensorflow/tfjs-core';
import type { SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import { isCount } from '../plainData';
import type { EpochTally } from './epochTally';

/** What a step trains, read anew at each step: a change counts from the very next one. */
export interface Trainee {
  /** How errors name it. */
  readonly where: string;
  readonly sae: SparseAutoencoderLayer;
  readonly optimizer: tf.Optimizer;
  readonly clipNorm: number | null;
}

/** One batch to learn from. */
export interface StepBatch {
  /** `[batch, inputDim]` */
  readonly x: tf.Tensor2D;
  /** `[batch, outputDim]`; the same tensor for an autoencoder. */
  readonly target: tf.Tensor2D;
  /** Whether the reconstruction is wanted too. */
  readonly reconstruct: boolean;
  /** What the batch is counted in, once the step is taken; nothing is measured without it. */
  readonly tally?: Pick<EpochTally, 'add'>;
}

/** What one step reports. */
export interface StepResult {
  /** The loss, its terms, and the gradients' global norm before clipping, in the order of the logs. */
  readonly logs: tf.Scalar[];
  /** `[batch, outputDim]`, from before the update; only where it was asked for. */
  readonly reconstruction?: tf.Tensor2D;
}

/** What has taken a training step. */
export interface StepTaken {
  /** Its body: WebAssembly on CPU, or tfjs's backend. */
  readonly step: 'sparse' | 'tensor';
  /** Threads of the sparse step; tfjs's backends do not tell theirs. */
  readonly threads?: number;
  /** Which build of its kernels: of relaxed SIMD where WebAssembly has that, whose sums round otherwise. */
  readonly kernels?: 'simd' | 'relaxed';
}

/** Whether a value has that form. */
export function isStepTaken(value: unknown): value is StepTaken {
  const { step, threads = 0, kernels = 'simd' } = (value ?? {}) as Record<string, unknown>;
  return (
    (step === 'sparse' || step === 'tensor') &&
    isCount(threads) &&
    (kernels === 'simd' || kernels === 'relaxed')
  );
}

/**
 * One optimizer step. It is one thing with more than one body: the same numbers, computed by
 * whatever is fastest here.
 */
export interface TrainStep {
  /**
   * Takes one step. Where it rejects, the weights are the last ones whose loss was finite.
   *
   * @returns the caller disposes all of it; the batch stays the caller's.
   * @throws SAE_NOT_FINITE where the loss or its gradient is NaN or infinite.
   */
  run(batch: StepBatch): Promise<StepResult>;
  /** What has taken the last step; undefined where it is not clear before the first. */
  readonly taken: StepTaken | undefined;
  /** Gives up what it holds between steps. */
  dispose(): void;
}
