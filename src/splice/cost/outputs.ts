import * as tf from '@tensorflow/tfjs-core';
import { notByExample, wrongOption } from '../../errors';
import type { EditAt, Host, ModelInputs } from '../host';

/** Which of a model's outputs counts, and what errors call whoever asks. */
export interface Head {
  readonly where: string;
  /** By number, from 0 on. */
  readonly head: number;
}

/** What a model makes of a batch, and what a layer of it hands on. */
export interface Original {
  /** `[examples, ..., classes]`; the caller disposes it. */
  readonly outputs: tf.Tensor;
  /** `[examples, ...positions, width]`; the caller disposes it. */
  readonly hidden: tf.Tensor;
}

/**
 * One output of a model with an edit.
 *
 * @param examples how many the inputs have
 * @returns `[examples, ..., classes]`, of float32; the caller disposes it.
 * @throws SAE_OPTION for an output that there is not, SAE_SHAPE for one whose first axis is not the examples.
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

/** The same of all outputs at hand: in operations that can be differentiated. */
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

/** Outputs, and the hidden tensor on the way to them, in one run. */
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
 * Outputs as predictions, `[examples, predictions, classes]`: one an example, or one for each of its
 * positions. Nothing is copied.
 */
export const predictionsOf = (outputs: tf.Tensor): tf.Tensor3D =>
  tf.reshape(outputs, [outputs.shape[0] as number, -1, outputs.shape.at(-1) as number]);
