import * as tf from '@tensorflow/tfjs-core';

/** What something was before an update. */
export interface Before {
  /** Whether it can still be gone back to: what it is of may have been given up since. */
  readonly isThere: boolean;
  /** Makes it what it was, to the last bit. */
  restore(): void;
  /** Gives up what that would take. */
  dispose(): void;
}

/**
 * The values of variables before an update.
 *
 * They cost no copy: a tf.Variable gets new data with every assign.
 */
export function variablesBefore(variables: readonly tf.Variable[]): Before {
  const values = variables.map((variable) => tf.keep(tf.clone(variable)));
  return {
    get isThere() {
      return variables.every(({ isDisposed }) => !isDisposed);
    },
    restore: () => {
      variables.forEach((variable, i) => {
        variable.assign(values[i] as tf.Tensor);
      });
    },
    dispose: () => tf.dispose(values),
  };
}

/** An update of variables that has been made. */
export interface Updated extends Before {
  /** Whether they are as it left them. */
  readonly isLast: boolean;
}

/** Makes an update of variables, and remembers what was before it. */
export function updated(variables: readonly tf.Variable[], update: () => void): Updated {
  const before = variablesBefore(variables);
  try {
    update();
  } catch (error) {
    before.dispose();
    throw error;
  }
  const after = variables.map(({ dataId }) => dataId);
  return {
    get isThere() {
      return before.isThere;
    },
    get isLast() {
      return variables.every(({ dataId }, i) => dataId === after[i]);
    },
    restore: before.restore,
    dispose: before.dispose,
  };
}
