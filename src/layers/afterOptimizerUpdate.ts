import type { Variable } from '@tensorflow/tfjs-core';

/**
 * Runs `act` right after an optimizer has written `variable`.
 *
 * `model.fit` of an ordinary tfjs model has no hook after the optimizer, and never applies weight
 * constraints; the one thing that every tf.Optimizer does is `variable.assign`. What is written
 * after a recorded forward pass in the same run to completion counts as the optimizer's:
 * `minimize` never waits, and it may write twice, where tfjs lists a shared layer's weights twice.
 *
 * @returns to be called in a recorded forward pass: what is written next is the optimizer's.
 */
export function afterOptimizerUpdate(variable: Variable, act: () => void): () => void {
  let updateExpected = false;
  const assign = variable.assign.bind(variable);
  variable.assign = (value) => {
    assign(value);
    if (updateExpected) act();
  };
  return () => {
    updateExpected = true;
    queueMicrotask(() => {
      updateExpected = false;
    });
  };
}
