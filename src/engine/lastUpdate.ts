import type * as tf from '@tensorflow/tfjs-core';
import { type Before, variablesBefore } from '../optimizers/before';
import { optimizerBefore } from '../optimizers/optimizerBefore';

/** What was before the last update, and how to tell whether anything has come since. */
interface Remembered {
  readonly weights: Before;
  readonly optimizer: Before;
  /** Whether weights and optimizer are as the update left them. */
  readonly isLast: () => boolean;
}

/**
 * The last update, which can be taken back: weights, moments and the count of steps together.
 *
 * Whether an update went too far shows only in the next step's loss.
 */
export class LastUpdate {
  private remembered: Remembered | undefined;

  /** Makes an update, and remembers what was before it. */
  make(optimizer: tf.Optimizer, variables: readonly tf.Variable[], update: () => void): void {
    this.dispose();
    const before = { weights: variablesBefore(variables), optimizer: optimizerBefore(optimizer) };
    try {
      update();
    } catch (error) {
      before.weights.dispose();
      before.optimizer.dispose();
      throw error;
    }
    const after = variables.map(({ dataId }) => dataId);
    const { iterations } = optimizer;
    const isLast = () =>
      optimizer.iterations === iterations &&
      variables.every(({ dataId }, i) => dataId === after[i]);
    this.remembered = { ...before, isLast };
  }

  /**
   * Takes it back.
   *
   * @returns false where there is none, or where somebody has written a weight since, or given the
   * optimizer another state.
   */
  takeBack(): boolean {
    const { remembered } = this;
    if (!remembered?.isLast() || !remembered.optimizer.isThere) return false;
    remembered.weights.restore();
    remembered.optimizer.restore();
    this.dispose();
    return true;
  }

  dispose(): void {
    this.remembered?.weights.dispose();
    this.remembered?.optimizer.dispose();
    this.remembered = undefined;
  }
}
