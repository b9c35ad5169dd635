import type * as tf from '@tensorflow/tfjs-core';
import { type Before, type Updated, updated } from '../optimizers/before';
import { optimizerBefore } from '../optimizers/optimizerBefore';

/** What was before the last update, and how to tell whether anything has come since. */
interface Remembered {
  readonly weights: Updated;
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
    const before = optimizerBefore(optimizer);
    try {
      const weights = updated(variables, update);
      const { iterations } = optimizer;
      const isLast = () => optimizer.iterations === iterations && weights.isLast();
      this.remembered = { weights, optimizer: before, isLast };
    } catch (error) {
      before.dispose();
      throw error;
    }
  }

  /**
   * Takes it back.
   *
   * @returns false where there is none, or where somebody has written a weight since, or given the
   * optimizer another state.
   */
  takeBack(): boolean {
    const { remembered } = this;
    if (!remembered?.isLast() || !remembered.optimizer.isThere()) return false;
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
