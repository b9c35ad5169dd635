import * as tf from '@tensorflow/tfjs-core';
import type { RowOrigin } from '../../activations/rows';
import { noTokens, wrongMask } from '../../errors';
import type { ModelInputs } from '../host';
import type { InputBatch } from './inputBatches';

/** Options for which positions of an example count. */
export interface MaskArgs {
  /**
   * Returns which positions to use; all by default.
   *
   * @param inputs the model's inputs
   * @returns `[batch, ...positions]`, 0 or false for positions to leave out, such as padding. It is
   *   disposed.
   */
  mask?: (inputs: ModelInputs) => tf.Tensor;
  /**
   * The numbers of tokens whose positions are left out, such as padding and the tokens at the
   * beginning and end of texts; none by default.
   */
  excludeTokens?: readonly number[];
}

/** Options for which positions of an example become rows. */
export interface PositionArgs extends MaskArgs {
  /**
   * `'all'`, the default: each position is a row. `'mean'`: their mean is one row. A number: one of
   * them, counted among those that no mask leaves out; -1 is the last.
   */
  positions?: 'all' | 'mean' | number;
  /**
   * Leaves out rows whose norm exceeds this many times the median norm of their batch, such as the
   * first token of a text, where language models place excess attention. A number > 1; none by
   * default.
   */
  maxNorm?: number;
}

/** Rows of a batch, and their origin. */
export interface CapturedRows {
  readonly xs: tf.Tensor2D;
  readonly origin: RowOrigin;
}

/**
 * Returns the positions of a hidden tensor as rows.
 *
 * @param hidden `[batch, ...positions, width]`; it remains the caller's
 * @returns undefined if no position is left; the caller disposes it.
 * @throws SAE_DATA for a mask of another shape.
 */
export async function rowsOf(
  where: string,
  hidden: tf.Tensor,
  { inputs, first, examples }: InputBatch,
  { positions = 'all', maxNorm, ...masks }: PositionArgs,
): Promise<CapturedRows | undefined> {
  const width = hidden.shape.at(-1) as number;
  const each = hidden.size / (examples * width);
  const keep = await keptPlaces(where, inputs, [examples, each], masks);
  if (maxNorm !== undefined) await leaveOutNorms(keep, hidden, width, maxNorm);
  const chosen = positions === 'mean' ? keep : chosenOf(keep, each, positions);
  const places = placesIn(chosen);
  if (places.length === 0) return undefined;
  if (positions === 'mean') return meanRows(hidden, chosen, [examples, each, width], first);
  const xs = tf.tidy(() => {
    const rows = tf.cast(tf.reshape(hidden, [examples * each, width]), 'float32') as tf.Tensor2D;
    if (places.length === keep.length) return tf.clone(rows);
    return tf.gather(rows, tf.tensor1d(places, 'int32'));
  });
  return { xs, origin: originOf(places, each, first) };
}

/**
 * Returns 1 for each position that counts, else 0; `[examples × positions]`.
 *
 * @param shape the numbers of examples, and of positions in each
 * @throws SAE_DATA for a mask of another shape, and for excluded tokens without token inputs.
 */
export async function keptPlaces(
  where: string,
  inputs: ModelInputs,
  [examples, each]: readonly [number, number],
  { mask, excludeTokens }: MaskArgs,
): Promise<Uint8Array> {
  const keep = new Uint8Array(examples * each).fill(1);
  if (mask) await leaveOut(keep, maskFlags(where, mask(inputs), [examples, each]));
  if (excludeTokens) await leaveOut(keep, tokenFlags(where, inputs, excludeTokens, keep.length));
  return keep;
}

/** Returns the indices of flags other than 0. Feature maps have many, so this is a plain loop. */
function placesIn(flags: Uint8Array): Int32Array {
  const places = new Int32Array(flags.length);
  let count = 0;
  for (let place = 0; place < flags.length; place++) if (flags[place]) places[count++] = place;
  return places.subarray(0, count);
}

/** Returns the example and position of each index. */
function originOf(places: Int32Array, each: number, first: number): RowOrigin {
  const examples = new Int32Array(places.length);
  const positions = new Int32Array(places.length);
  for (let i = 0; i < places.length; i++) {
    const place = places[i] as number;
    const example = Math.floor(place / each);
    examples[i] = first + example;
    positions[i] = place - example * each;
  }
  return { examples, positions };
}

/** Chooses one position of each example, among those that are kept. */
function chosenOf(keep: Uint8Array, each: number, position: 'all' | number): Uint8Array {
  if (position === 'all') return keep;
  const chosen = new Uint8Array(keep.length);
  for (let start = 0; start < keep.length; start += each) {
    const place = placesIn(keep.subarray(start, start + each)).at(position);
    if (place !== undefined) chosen[start + place] = 1;
  }
  return chosen;
}

/** Returns the mean of the kept positions; an example without any has no row. */
function meanRows(
  hidden: tf.Tensor,
  keep: Uint8Array,
  [examples, each, width]: readonly [number, number, number],
  first: number,
): CapturedRows {
  const counts = Float32Array.from({ length: examples }, (_, i) =>
    keep.subarray(i * each, (i + 1) * each).reduce((a, b) => a + b, 0),
  );
  const there = placesIn(Uint8Array.from(counts, (count) => (count > 0 ? 1 : 0)));
  const xs = tf.tidy(() => {
    const sums = sumsOfKept(hidden, keep, [examples, each, width]);
    const means = tf.div(sums, tf.tensor2d(counts, [examples, 1]));
    return tf.gather(means as tf.Tensor2D, tf.tensor1d(there, 'int32'));
  });
  const origin = { examples: there.map((i) => first + i), positions: new Int32Array(there.length) };
  return { xs, origin };
}

/** Returns the sum of the kept positions of each example, `[examples, width]`; within `tf.tidy`. */
export function sumsOfKept(
  hidden: tf.Tensor,
  keep: Uint8Array,
  [examples, each, width]: readonly [number, number, number],
): tf.Tensor2D {
  const flags = tf.tensor3d(Float32Array.from(keep), [examples, 1, each]);
  const sums = tf.matMul(flags, tf.reshape<tf.Rank.R3>(hidden, [examples, each, width]));
  return tf.reshape(sums, [examples, width]);
}

async function leaveOut(keep: Uint8Array, flags: tf.Tensor): Promise<void> {
  try {
    const values = await flags.data();
    for (let i = 0; i < keep.length; i++) if (!values[i]) keep[i] = 0;
  } finally {
    flags.dispose();
  }
}

function maskFlags(where: string, mask: tf.Tensor, shape: readonly [number, number]): tf.Tensor {
  const isRight = mask instanceof tf.Tensor && mask.size === shape[0] * shape[1];
  if (isRight) return mask;
  tf.dispose(mask);
  throw wrongMask(where, shape, mask);
}

/** Returns 1 for each token that is not excluded, otherwise 0. */
function tokenFlags(
  where: string,
  inputs: ModelInputs,
  tokens: readonly number[],
  length: number,
): tf.Tensor {
  const list = inputs instanceof tf.Tensor ? [inputs] : Object.values(inputs);
  const named = Array.isArray(inputs) ? undefined : (inputs as tf.NamedTensorMap)['input_ids'];
  const ids = named instanceof tf.Tensor ? named : list[0];
  if (ids?.size !== length) throw noTokens(where, length, ids);
  return tf.tidy(() => {
    const equal = tokens.map((token) => tf.cast(tf.equal(ids, token), 'int32'));
    return tf.equal(equal.length > 0 ? tf.addN(equal) : tf.zerosLike(ids), 0);
  });
}

async function leaveOutNorms(
  keep: Uint8Array,
  hidden: tf.Tensor,
  width: number,
  most: number,
): Promise<void> {
  const norms = tf.tidy(() => tf.norm(tf.reshape(hidden, [-1, width]), 'euclidean', 1));
  const values = await norms.data();
  norms.dispose();
  const kept = Float32Array.from(values.filter((_, i) => keep[i])).sort();
  const median = kept[Math.floor(kept.length / 2)] ?? 0;
  for (let i = 0; i < keep.length; i++) if ((values[i] as number) > most * median) keep[i] = 0;
}
