import type * as tf from '@tensorflow/tfjs-core';

/** What one step reports. */
export interface StepResult {
  /** The loss, its terms, and the gradients' global norm before clipping, in the order of the logs. */
  readonly logs: tf.Scalar[];
  /** `[batch, inputDim]`, from before the update. */
  readonly reconstruction: tf.Tensor2D;
}

/**
 * One optimizer step. It is one thing with more than one body: the same numbers, computed by
 * whatever is fastest here.
 */
export interface TrainStep {
  /**
   * Takes one step. Where it throws, the weights are the last ones whose loss was finite.
   *
   * @param x `[batch, inputDim]`
   * @param target the same shape, and the same tensor for an autoencoder
   * @returns the caller disposes all of it.
   * @throws SAE_NOT_FINITE where the loss or its gradient is NaN or infinite.
   */
  run(x: tf.Tensor2D, target: tf.Tensor2D): StepResult;
  /** Gives up what it holds between steps. */
  dispose(): void;
}
