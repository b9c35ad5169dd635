import type * as tf from '@tensorflow/tfjs-core';
import type { SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import { isCount } from '../plainData';
import type { EpochTally } from './epochTally';

/** What a step trains, read again at each step: a change counts from the next step on. */
export interface Trainee {
  /** How errors refer to it. */
  readonly where: string;
  readonly sae: SparseAutoencoderLayer;
  readonly optimizer: tf.Optimizer;
  readonly clipNorm: number | null;
}

/** One batch to train on. */
export interface StepBatch {
  /** `[batch, inputDim]` */
  readonly x: tf.Tensor2D;
  /** `[batch, outputDim]`; the same tensor for an autoencoder. */
  readonly target: tf.Tensor2D;
  /** Whether the reconstruction is requested too. */
  readonly reconstruct: boolean;
  /** Counts the batch once the step is taken; without it nothing is measured. */
  readonly tally?: Pick<EpochTally, 'add'>;
}

/** The result of one step. */
export interface StepResult {
  /**
   * The loss, its terms, and the gradients' global norm before clipping, in the order of the logs.
   */
  readonly logs: tf.Scalar[];
  /** `[batch, outputDim]`, from before the update; only if requested. */
  readonly reconstruction?: tf.Tensor2D;
}

/** What took a training step. */
export interface StepTaken {
  /** Its implementation: WebAssembly on the CPU, or tfjs's backend. */
  readonly step: 'sparse' | 'tensor';
  /** Threads of the sparse step; those of tfjs's backends are unknown. */
  readonly threads?: number;
  /**
   * The build of its kernels: `'relaxed'` where WebAssembly has relaxed SIMD, whose sums round
   * differently.
   */
  readonly kernels?: 'simd' | 'relaxed';
}

/** Returns whether a value has this form. */
export function isStepTaken(value: unknown): value is StepTaken {
  const { step, threads = 0, kernels = 'simd' } = (value ?? {}) as Record<string, unknown>;
  return (
    (step === 'sparse' || step === 'tensor') &&
    isCount(threads) &&
    (kernels === 'simd' || kernels === 'relaxed')
  );
}

/**
 * One optimizer step. It has several implementations that give the same numbers; the fastest
 * available is used.
 */
export interface TrainStep {
  /**
   * Takes one step. If it rejects, the weights are the last ones whose loss was finite.
   *
   * @returns the caller disposes all of it; the batch remains the caller's.
   * @throws SAE_NOT_FINITE if the loss or its gradient is NaN or infinite.
   */
  run(batch: StepBatch): Promise<StepResult>;
  /** What took the last step; undefined before the first, unless it is already clear. */
  readonly taken: StepTaken | undefined;
  /** Releases what it holds between steps. */
  dispose(): void;
}
