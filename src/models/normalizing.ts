import * as tf from '@tensorflow/tfjs-core';
import { type Rows, rowBatches } from '../activations/rows';
import { alreadyTrained, noScale, wrongOption } from '../errors';
import { SCALE, scaleOf } from '../layers/normalization';
import type { SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import { checkOptions, positive } from '../options';
import { BIAS_RULES, type DecoderBiasArgs } from './args';

/** Layers whose scale is known to be set, which does not change. */
const KNOWN = new WeakSet<SparseAutoencoderLayer>();

/**
 * Returns whether rows can be normalized: always, unless the scale of mean norm is not learnt yet.
 */
export async function isScaleKnown(layer: SparseAutoencoderLayer): Promise<boolean> {
  if (layer.normalize !== 'mean-norm' || KNOWN.has(layer)) return true;
  const [scale = 0] = await layer.read(SCALE).data<'float32'>();
  if (scale > 0) KNOWN.add(layer);
  return scale > 0;
}

/** Returns the sum of the L2 norms of rows. */
export async function sumOfNorms(rows: tf.Tensor2D): Promise<number> {
  const sum = tf.tidy(() => tf.sum(tf.norm(rows, 2, 1)));
  const [number = 0] = await sum.data<'float32'>();
  sum.dispose();
  return number;
}

/**
 * Returns the scale that gives this many rows, with this sum of norms, the mean norm √width; 0 for
 * zeros.
 */
export const scaleOfNorms = (norms: number, rows: number, width: number): number =>
  norms > 0 ? (rows * Math.sqrt(width)) / norms : 0;

/** Learns the scale of mean norm from a batch, unless it is set. */
export async function learnScale(layer: SparseAutoencoderLayer, batch: tf.Tensor2D): Promise<void> {
  if (await isScaleKnown(layer)) return;
  tf.tidy(() => layer.writeStates({ [SCALE]: scaleOf(batch) }));
}

/** Learns the scale from all rows of a tensor or dataset, read a part at a time. */
export async function learnScaleFrom(
  where: string,
  layer: SparseAutoencoderLayer,
  x: Rows,
  batchSize: number,
): Promise<void> {
  let norms = 0;
  let rows = 0;
  for await (const batch of rowBatches(where, x, layer.inputDim, batchSize)) {
    norms += await sumOfNorms(batch);
    rows += batch.shape[0];
  }
  const scale = scaleOfNorms(norms, rows, layer.inputDim);
  tf.tidy(() => layer.writeStates({ [SCALE]: tf.scalar(scale) }));
}

/**
 * Sets the scale of mean norm.
 *
 * @param steps how many steps of training the layer has taken
 * @param x rows to learn it from, or the scale itself
 * @throws the same as `initNormalization`.
 */
export async function initNormalization(
  where: string,
  layer: SparseAutoencoderLayer,
  steps: number,
  x: Rows | number,
  args: DecoderBiasArgs,
): Promise<void> {
  const { batchSize, force } = checkOptions<Required<DecoderBiasArgs>>(where, BIAS_RULES, args);
  assertMeanNorm(where, layer);
  if (!force && steps > 0) throw alreadyTrained(where, `one after ${steps} steps`, SCALE);
  if (typeof x !== 'number') return learnScaleFrom(where, layer, x, batchSize);
  const { scale } = checkOptions<{ scale: number }>(where, { scale: positive() }, { scale: x });
  tf.tidy(() => layer.writeStates({ [SCALE]: tf.scalar(scale) }));
}

/** Throws unless one scale applies to all rows. */
function assertMeanNorm(where: string, { normalize }: SparseAutoencoderLayer): void {
  if (normalize === 'mean-norm') return;
  const each = normalize === 'none' ? 'There is nothing to scale.' : 'Each row has its own scale.';
  throw wrongOption(where, 'a model with normalize: "mean-norm"', normalize, each);
}

/**
 * Returns the weights of a dictionary that gives the same codes and reconstructions for unscaled
 * rows: `W · s`, `W_dec / s` and `b_dec / s` with the scale s; the others unchanged, without the
 * scale.
 *
 * @returns weights in the order of `weights`; the caller disposes them.
 * @throws SAE_OPTION without mean norm, SAE_STATE if its scale is not learnt.
 */
export async function foldedWeights(
  where: string,
  layer: SparseAutoencoderLayer,
): Promise<tf.Tensor[]> {
  assertMeanNorm(where, layer);
  if (!(await isScaleKnown(layer))) throw noScale(where);
  return tf.tidy(() => {
    const scale = layer.read<tf.Scalar>(SCALE);
    const folded: Readonly<Record<string, (weight: tf.Tensor) => tf.Tensor>> = {
      [layer.encoder.matrix]: (weight) => tf.mul(weight, scale),
      W_dec: (weight) => tf.div(weight, scale),
      b_dec: (weight) => tf.div(weight, scale),
    };
    return layer.namedWeights
      .filter(([name]) => name !== SCALE)
      .map(([name, weight]) => (folded[name] ?? tf.clone)(weight.read()));
  });
}
