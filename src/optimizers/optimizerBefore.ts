import * as tf from '@tensorflow/tfjs-core';
import { type Before, variablesBefore } from './before';
import { KerasAdam } from './kerasAdam';
import { KerasSGD } from './kerasSGD';

/** One of this library's optimizers; undefined of others. */
export const kerasOptimizer = (optimizer: tf.Optimizer): KerasAdam | KerasSGD | undefined =>
  optimizer instanceof KerasAdam || optimizer instanceof KerasSGD ? optimizer : undefined;

/** How tfjs's own optimizers keep something of each variable. */
interface Kept {
  readonly variable: tf.Variable;
}

/**
 * What an optimizer is before an update: what it keeps of the variables, and the steps that it counts.
 *
 * tfjs's own optimizers tell neither: theirs is found in their fields, as variables, and as lists of
 * one for each weight.
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
