import * as tf from '@tensorflow/tfjs-core';
import { isDataset, iteratorOf, type RowDataset } from '../../activations/rows';
import { disposedTensor, noInputs, unequalInputs } from '../../errors';
import type { ModelInputs } from '../host';

/**
 * Inputs for a model: those of all examples, or a dataset of batches of them, bare or as `{xs}`.
 */
export type ModelData = ModelInputs | RowDataset;

/** One batch, and its place in the data. */
export interface InputBatch {
  readonly inputs: ModelInputs;
  /** The index of its first example. */
  readonly first: number;
  /** The number of its examples. */
  readonly examples: number;
}

/** One batch, with the targets that a dataset gives for its outputs. */
export interface TargetBatch extends InputBatch {
  readonly ys: tf.TensorContainer;
}

/** Returns the number of batches, if known. */
export function batchesOf(where: string, data: ModelData, batchSize: number): number | null {
  return isDataset(data) ? (data.size ?? null) : Math.ceil(examplesIn(where, data) / batchSize);
}

/**
 * Yields a model's inputs a batch at a time; the caller disposes the inputs of each batch.
 *
 * @param batchSize examples in a batch; a dataset has its own batches
 * @throws SAE_DATA for invalid inputs, or inputs of different lengths.
 */
export async function* inputBatches(
  where: string,
  data: ModelData,
  batchSize: number,
): AsyncGenerator<InputBatch> {
  for await (const { ys, ...batch } of targetBatches(where, data, batchSize)) {
    tf.dispose(ys);
    yield batch;
  }
}

/** Yields batches with targets, if a dataset has them; the caller disposes both. */
export async function* targetBatches(
  where: string,
  data: ModelData,
  batchSize: number,
): AsyncGenerator<TargetBatch> {
  const batches = isDataset(data) ? elements(where, data) : slices(where, data, batchSize);
  let first = 0;
  for await (const { xs, ys } of batches) {
    let examples: number;
    try {
      examples = examplesIn(where, xs);
    } catch (error) {
      tf.dispose([xs, ys]);
      throw error;
    }
    yield { inputs: xs, ys, first, examples };
    first += examples;
  }
}

/** The parts of a batch. */
interface Element {
  readonly xs: ModelInputs;
  readonly ys: tf.TensorContainer;
}

/** Returns the number of examples: the length of the first axis of all inputs. */
export function examplesIn(where: string, inputs: ModelInputs): number {
  const list = inputs instanceof tf.Tensor ? [inputs] : Object.values(inputs ?? {});
  const isInput = (t: unknown) => t instanceof tf.Tensor && t.rank > 0 && t.dtype !== 'string';
  if (list.length === 0 || !list.every(isInput)) throw noInputs(where, inputs);
  if (list.some((t) => t.isDisposed)) throw disposedTensor(where);
  const lengths = list.map((t) => t.shape[0] as number);
  if (new Set(lengths).size > 1) throw unequalInputs(where, lengths);
  return lengths[0] as number;
}

async function* elements(where: string, data: RowDataset): AsyncGenerator<Element> {
  const iterator = await iteratorOf(where, data);
  for (;;) {
    const { value, done } = await iterator.next();
    if (done || value == null) return;
    const { xs, ys = [] } = value as Partial<Element>;
    yield xs === undefined ? { xs: value as ModelInputs, ys: [] } : { xs, ys };
  }
}

function* slices(where: string, data: ModelInputs, batchSize: number): Generator<Element> {
  const examples = examplesIn(where, data);
  for (let first = 0; first < examples; first += batchSize) {
    const count = Math.min(batchSize, examples - first);
    yield { xs: eachOf(data, (t) => tf.slice(t, first, count)), ys: [] };
  }
}

/** Applies a function to each input and keeps the form. */
export function eachOf(inputs: ModelInputs, make: (input: tf.Tensor) => tf.Tensor): ModelInputs {
  if (inputs instanceof tf.Tensor) return make(inputs);
  if (Array.isArray(inputs)) return inputs.map(make);
  return Object.fromEntries(Object.entries(inputs).map(([name, t]) => [name, make(t)]));
}
