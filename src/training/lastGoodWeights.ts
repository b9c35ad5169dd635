import * as tf from '@tensorflow/tfjs-core';

/** A variable's value before the last update, and what the update made of it. */
interface Remembered {
  readonly variable: tf.Variable;
  readonly before: tf.Tensor;
  readonly after: tf.DataId;
}

/**
 * The weights from before the last update.
 *
 * Whether an update went too far shows only in the next step's loss. Until then the values before
 * it are kept, which costs no copy: a tf.Variable gets new data with every assign.
 */
export class LastGoodWeights {
  private remembered: Remembered[] = [];

  /** Runs `update`, and remembers what `variables` were before it. */
  aroundUpdate(variables: readonly tf.Variable[], update: () => void): void {
    this.dispose();
    const before = variables.map((variable) => tf.keep(tf.clone(variable)));
    update();
    this.remembered = variables.map((variable, i) => ({
      variable,
      before: before[i] as tf.Tensor,
      after: variable.dataId,
    }));
  }

  /**
   * Takes the last update back.
   *
   * @returns false where there is none, or where somebody has written a variable since.
   */
  restore(): boolean {
    const untouched = this.remembered.every(({ variable, after }) => variable.dataId === after);
    if (this.remembered.length === 0 || !untouched) return false;
    for (const { variable, before } of this.remembered) variable.assign(before);
    this.dispose();
    return true;
  }

  dispose(): void {
    for (const { before } of this.remembered) before.dispose();
    this.remembered = [];
  }
}
