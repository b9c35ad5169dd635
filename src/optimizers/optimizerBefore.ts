import * as tf from '@tensorflow/tfjs-core';
import { type Before, variablesBefore } from './before';
import { KerasAdam } from './kerasAdam';
import { KerasSGD } from './kerasSGD';

/** Returns the optimizer if it is one of this library's; otherwise undefined. */
export const kerasOptimizer = (optimizer: tf.Optimizer): KerasAdam | KerasSGD | undefined =>
  optimizer instanceof KerasAdam || optimizer instanceof KerasSGD ? optimizer : undefined;

/** The state per variable in tfjs's own optimizers. */
interface Kept {
  readonly variable: tf.Variable;
}

/**
 * Returns a snapshot of an optimizer: its state of the variables, and its step count.
 *
 * tfjs's own optimizers provide neither: theirs are found in their fields, as variables, and as
 * lists with one entry per weight.
 */
export function optimizerBefore(optimizer: tf.Optimizer): Before {
  const own = kerasOptimizer(optimizer);
  if (own) return own.before();
  const fields = Object.values(optimizer) as unknown[];
  const lists = fields.filter(isListOfKept).map((list) => ({ list, length: list.length }));
  const variables = [
    ...fields.filter((field): field is tf.Variable => field instanceof tf.Variable),
    ...lists.flatMap(({ list }) => list.map(({ variable }) => variable)),
  ];
  const { iterations } = optimizer;
  return variablesBefore(variables, () => {
    for (const { list, length } of lists) {
      tf.dispose(list.splice(length).map(({ variable }) => variable));
    }
    (optimizer as unknown as { iterations_: number }).iterations_ = iterations;
  });
}

const isListOfKept = (field: unknown): field is Kept[] =>
  Array.isArray(field) && field.every((item) => item?.variable instanceof tf.Variable);
