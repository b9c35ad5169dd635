import * as tf from '@tensorflow/tfjs-core';
import { notByExample, wrongOption } from '../../errors';
import type { EditAt, Host, ModelInputs } from '../host';

/** Which of a model's outputs to use, and how errors refer to the caller. */
export interface Head {
  readonly where: string;
  /** The number of the output, from 0 on. */
  readonly head: number;
}

/** A model's output for a batch, and the output of one of its layers. */
export interface Original {
  /** `[examples, ..., classes]`; the caller disposes it. */
  readonly outputs: tf.Tensor;
  /** `[examples, ...positions, width]`; the caller disposes it. */
  readonly hidden: tf.Tensor;
}

/**
 * Returns one output of a model with an edit.
 *
 * @param examples the number of examples in the inputs
 * @returns `[examples, ..., classes]`, in float32; the caller disposes it.
 * @throws SAE_OPTION for an output that does not exist, SAE_SHAPE for one whose first axis does not
 *   count examples.
 */
export async function outputsOf(
  head: Head,
  host: Host,
  inputs: ModelInputs,
  examples: number,
  at?: EditAt,
): Promise<tf.Tensor> {
  const all = await host.run(inputs, at);
  try {
    return tf.tidy(() => outputIn(head, all, examples));
  } finally {
    tf.dispose(all);
  }
}

/** Selects one of all outputs, in differentiable operations. */
export function outputIn(
  { where, head }: Head,
  all: readonly tf.Tensor[],
  examples: number,
): tf.Tensor {
  const output = all[head];
  if (output === undefined) {
    const advice = "Count the model's outputs from 0.";
    throw wrongOption(`${where}.head`, `a number below ${all.length}`, head, advice);
  }
  if (output.shape[0] !== examples) {
    throw notByExample(where, 'outputs', examples, output.shape);
  }
  const values = tf.cast(output, 'float32');
  return values.rank === 1 ? tf.expandDims(values, 1) : values;
}

/** Returns outputs and the hidden tensor on the way to them, in one run. */
export async function originalOf(
  head: Head,
  host: Host,
  inputs: ModelInputs,
  examples: number,
  layer: string,
): Promise<Original> {
  let hidden: tf.Tensor | undefined;
  const edit = (met: tf.Tensor) => {
    hidden = tf.keep(tf.clone(met));
    return met;
  };
  try {
    const outputs = await outputsOf(head, host, inputs, examples, { layer, edit });
    const made = hidden as tf.Tensor;
    if (made.shape[0] === examples) return { outputs, hidden: made };
    outputs.dispose();
    throw notByExample(head.where, `activations of "${layer}"`, examples, made.shape);
  } catch (error) {
    hidden?.dispose();
    throw error;
  }
}

/**
 * Returns outputs as predictions, `[examples, predictions, classes]`: one per example, or one per
 * position, without copying.
 */
export const predictionsOf = (outputs: tf.Tensor): tf.Tensor3D =>
  tf.reshape(outputs, [outputs.shape[0] as number, -1, outputs.shape.at(-1) as number]);
