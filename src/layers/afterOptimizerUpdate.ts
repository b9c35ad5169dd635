import type { Variable } from '@tensorflow/tfjs-core';

/**
 * Runs `act` right after an optimizer has written `variable`, and after no other write.
 *
 * `model.fit` of an ordinary tfjs model has no hook after the optimizer, and never applies weight
 * constraints; the one thing that every tf.Optimizer does is `variable.assign`. The first assign
 * after a recorded forward pass is the optimizer's.
 *
 * @returns to be called in a recorded forward pass: the next assign is the optimizer's.
 */
export function afterOptimizerUpdate(variable: Variable, act: () => void): () => void {
  let updateComing = false;
  const assign = variable.assign.bind(variable);
  variable.assign = (value) => {
    assign(value);
    if (!updateComing) return;
    updateComing = false;
    act();
  };
  return () => {
    updateComing = true;
  };
}
