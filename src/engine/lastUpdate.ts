import type * as tf from '@tensorflow/tfjs-core';
import { type Before, type Updated, updated } from '../optimizers/before';
import { optimizerBefore } from '../optimizers/optimizerBefore';

/** The state before the last update, and how to tell whether anything has changed since. */
interface Remembered {
  readonly weights: Updated;
  readonly optimizer: Before;
  /** Returns whether weights and optimizer are still as the update left them. */
  readonly isLast: () => boolean;
}

/**
 * The last update, which can be undone: weights, moments and the count of steps together.
 *
 * Whether an update went too far only shows in the loss of the next step.
 */
export class LastUpdate {
  private remembered: Remembered | undefined;

  /** Makes an update, and remembers the state before it. */
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
   * Undoes it.
   *
   * @returns false if there is none, or if a weight or the optimizer's state has been set since.
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
