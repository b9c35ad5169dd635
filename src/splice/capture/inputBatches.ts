import * as tf from '@tensorflow/tfjs-core';
import { isDataset, iteratorOf, type RowDataset } from '../../activations/rows';
import { noInputs, unequalInputs } from '../../errors';
import type { ModelInputs } from '../host';

/** What a model is run on: inputs of all examples, or a dataset of batches of them, bare or as `{xs}`. */
export type ModelData = ModelInputs | RowDataset;

/** One batch, and where it stands in the data. */
export interface InputBatch {
  readonly inputs: ModelInputs;
  /** The number of its first example. */
  readonly first: number;
  /** How many examples it has. */
  readonly examples: number;
}

/** Number of batches, where it is known. */
export function batchesOf(where: string, data: ModelData, batchSize: number): number | null {
  return isDataset(data) ? (data.size ?? null) : Math.ceil(examplesIn(where, data) / batchSize);
}

/**
 * The inputs of a model, a batch at a time; whoever takes one disposes its inputs.
 *
 * @param batchSize examples of a batch; a dataset brings its own
 * @throws SAE_DATA for what is no input of a model, or inputs of different lengths.
 */
export async function* inputBatches(
  where: string,
  data: ModelData,
  batchSize: number,
): AsyncGenerator<InputBatch> {
  const batches = isDataset(data) ? elements(where, data) : slices(where, data, batchSize);
  let first = 0;
  for await (const inputs of batches) {
    let examples: number;
    try {
      examples = examplesIn(where, inputs);
    } catch (error) {
      tf.dispose(inputs);
      throw error;
    }
    yield { inputs, first, examples };
    first += examples;
  }
}

/** Number of examples: the length of the first axis of all inputs. */
function examplesIn(where: string, inputs: ModelInputs): number {
  const list = inputs instanceof tf.Tensor ? [inputs] : Object.values(inputs ?? {});
  if (list.length === 0 || !list.every((t) => t instanceof tf.Tensor && t.rank > 0)) {
    throw noInputs(where, inputs);
  }
  const lengths = list.map((t) => t.shape[0] as number);
  if (new Set(lengths).size > 1) throw unequalInputs(where, lengths);
  return lengths[0] as number;
}

async function* elements(where: string, data: RowDataset): AsyncGenerator<ModelInputs> {
  const iterator = await iteratorOf(where, data);
  for (;;) {
    const { value, done } = await iterator.next();
    if (done || value == null) return;
    const { xs } = value as { xs?: ModelInputs };
    // A target is of no use here.
    if (xs !== undefined) tf.dispose((value as { ys?: tf.TensorContainer }).ys ?? []);
    yield xs ?? (value as ModelInputs);
  }
}

function* slices(where: string, data: ModelInputs, batchSize: number): Generator<ModelInputs> {
  const examples = examplesIn(where, data);
  for (let first = 0; first < examples; first += batchSize) {
    const count = Math.min(batchSize, examples - first);
    const part = (t: tf.Tensor) => tf.slice(t, first, count);
    if (data instanceof tf.Tensor) yield part(data);
    else if (Array.isArray(data)) yield data.map(part);
    else yield Object.fromEntries(Object.entries(data).map(([name, t]) => [name, part(t)]));
  }
}
