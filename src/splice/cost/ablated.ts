import * as tf from '@tensorflow/tfjs-core';
import { eachOf } from '../capture/inputBatches';
import type { Host, ModelInputs } from '../host';
import type { Firings } from './firings';
import { type Head, outputsOf } from './outputs';

/** A batch of examples, and where features fire in it. */
export interface FiredBatch {
  readonly inputs: ModelInputs;
  /** The shape of the layer's tensor, `[examples, ...positions, width]`. */
  readonly shape: readonly number[];
  readonly firings: Firings;
}

/** A feature that fires somewhere in an example. */
export interface Pair {
  readonly feature: number;
  readonly example: number;
  /** Its firings in the example: from `from` up to, but excluding, `to`. */
  readonly from: number;
  readonly to: number;
}

/** A model's outputs for examples, each without one feature. */
export interface Ablated {
  readonly pairs: readonly Pair[];
  /** `[pairs]`: the numbers of the examples. */
  readonly examples: tf.Tensor1D;
  /** `[pairs, ..., classes]`. */
  readonly outputs: tf.Tensor;
}

/** Yields each feature with each example that it fires on, feature by feature. */
export function* pairsOf(
  { shape, firings: { offsets, rows } }: FiredBatch,
  features: Iterable<number>,
): Generator<Pair> {
  const positions = positionsIn(shape);
  for (const feature of features) {
    const end = offsets[feature + 1] as number;
    let from = offsets[feature] as number;
    while (from < end) {
      const example = Math.floor((rows[from] as number) / positions);
      let to = from + 1;
      while (to < end && Math.floor((rows[to] as number) / positions) === example) to++;
      yield { feature, example, from, to };
      from = to;
    }
  }
}

/** Returns the number of positions of an example in a layer's tensor: 1 for a dense layer. */
export const positionsIn = (shape: readonly number[]): number =>
  shape.slice(1, -1).reduce((a, b) => a * b, 1);

/**
 * Computes the outputs of examples, each without one feature, keeping the reconstruction error.
 * Many pairs of feature and example share a run, and pairs in which the feature does not fire are
 * skipped.
 *
 * @param wDec the decoder, `[features, width]`
 * @param size the number of pairs in a run
 * @param use receives the results of one run, which it must not dispose
 */
export async function withoutEach(
  head: Head,
  host: Host,
  layer: string,
  batch: FiredBatch,
  wDec: tf.Tensor2D,
  pairs: Iterable<Pair>,
  size: number,
  use: (ablated: Ablated) => Promise<void>,
): Promise<void> {
  for (const chunk of chunks(pairs, size)) {
    const numbers = chunk.map(({ example }) => example);
    const { examples, inputs, change } = tf.tidy(() => {
      const examples = tf.tensor1d(numbers, 'int32');
      const inputs = eachOf(batch.inputs, (t) => examplesAt(t, numbers, examples));
      return { examples, inputs, change: changeOf(batch, wDec, chunk) };
    });
    let outputs: tf.Tensor | undefined;
    try {
      const edit = (hidden: tf.Tensor) => tf.sub(hidden, change);
      outputs = await outputsOf(head, host, inputs, chunk.length, { layer, edit });
      await use({ pairs: chunk, examples, outputs });
    } finally {
      tf.dispose([examples, inputs, change, outputs ?? []]);
    }
  }
}

/** Returns some examples of an input; tfjs cannot gather strings. */
export function examplesAt(input: tf.Tensor, numbers: readonly number[], examples: tf.Tensor1D) {
  if (input.dtype !== 'string') return tf.gather(input, examples);
  return tf.concat(numbers.map((number) => tf.slice(input, number, 1)));
}

/**
 * Returns what each pair's feature adds to its example's activations,
 * `[pairs, ...positions, width]`.
 */
function changeOf(
  { shape, firings: { rows, factors } }: FiredBatch,
  wDec: tf.Tensor2D,
  pairs: readonly Pair[],
): tf.Tensor {
  const positions = positionsIn(shape);
  const amounts = new Float32Array(pairs.length * positions);
  for (const [i, { from, to }] of pairs.entries()) {
    for (let at = from; at < to; at++) {
      amounts[i * positions + ((rows[at] as number) % positions)] = factors[at] as number;
    }
  }
  const features = pairs.map(({ feature }) => feature);
  return tf.tidy(() => {
    const directions = tf.gather(wDec, tf.tensor1d(features, 'int32')); // [pairs, width]
    const byPosition = tf.tensor3d(amounts, [pairs.length, positions, 1]);
    const change = tf.mul(byPosition, tf.expandDims(directions, 1)); // [pairs, positions, width]
    return tf.reshape(change, [pairs.length, ...shape.slice(1)]);
  });
}

function* chunks<T>(items: Iterable<T>, size: number): Generator<T[]> {
  let chunk: T[] = [];
  for (const item of items) {
    chunk.push(item);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
