import * as tf from '@tensorflow/tfjs-core';

/** A snapshot from before an update. */
export interface Before {
  /** Returns whether it can still be restored: its subject may have been disposed since. */
  isThere(): boolean;
  /** Restores the state exactly. */
  restore(): void;
  /** Disposes the snapshot. */
  dispose(): void;
}

/**
 * Returns a snapshot of the values of variables.
 *
 * It costs no copy: a tf.Variable gets new data with every assign.
 *
 * @param alsoRestore restores everything that is not a variable
 */
export function variablesBefore(
  variables: readonly tf.Variable[],
  alsoRestore: () => void = () => {},
): Before {
  const values = variables.map((variable) => tf.keep(tf.clone(variable)));
  return {
    isThere: () => variables.every(({ isDisposed }) => !isDisposed),
    restore: () => {
      for (const [i, variable] of variables.entries()) variable.assign(values[i] as tf.Tensor);
      alsoRestore();
    },
    dispose: () => tf.dispose(values),
  };
}

/** Combines several snapshots. */
export const together = (all: readonly Before[]): Before => ({
  isThere: () => all.every((one) => one.isThere()),
  restore: () => {
    for (const one of all) one.restore();
  },
  dispose: () => {
    for (const one of all) one.dispose();
  },
});

/** An update of variables that was made. */
export interface Updated extends Before {
  /** Returns whether the variables are still as it left them. */
  isLast(): boolean;
}

/** Makes an update of variables, and remembers the state before it. */
export function updated(variables: readonly tf.Variable[], update: () => void): Updated {
  const before = variablesBefore(variables);
  try {
    update();
  } catch (error) {
    before.dispose();
    throw error;
  }
  const after = variables.map(({ dataId }) => dataId);
  return { ...before, isLast: () => variables.every(({ dataId }, i) => dataId === after[i]) };
}
