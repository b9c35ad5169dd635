import * as tf from '@tensorflow/tfjs-core';

/** What something was before an update. */
export interface Before {
  /** Whether it can still be gone back to: what it is of may have been given up since. */
  isThere(): boolean;
  /** Makes it what it was, to the last bit. */
  restore(): void;
  /** Gives up what that would take. */
  dispose(): void;
}

/**
 * The values of variables before an update.
 *
 * They cost no copy: a tf.Variable gets new data with every assign.
 *
 * @param alsoRestore what restores all that is no variable
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

/** What several things were, as one. */
export const together = (all: readonly Before[]): Before => ({
  isThere: () => all.every((one) => one.isThere()),
  restore: () => {
    for (const one of all) one.restore();
  },
  dispose: () => {
    for (const one of all) one.dispose();
  },
});

/** An update of variables that has been made. */
export interface Updated extends Before {
  /** Whether they are as it left them. */
  isLast(): boolean;
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
  return { ...before, isLast: () => variables.every(({ dataId }, i) => dataId === after[i]) };
}
