import * as tf from '@tensorflow/tfjs-core';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Batch } from '../activations/rows';
import { uniform } from '../activations/shuffle';
import { normalized } from '../layers/normalization';
import { SINCE_FIRED } from '../layers/revival';
import type { SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import { kerasOptimizer } from '../optimizers/optimizerBefore';

/** A model whose dead features are given new weights. */
interface Resampled {
  readonly sae: SparseAutoencoderLayer;
  readonly optimizer: tf.Optimizer;
  readonly stepSeed: number;
  sync(): void;
}

/** The share of a row's error that its new feature makes up for at once. */
const SHARE = 0.5;

/**
 * After every `resampleEvery` steps, gives features that have not fired in `deadAfter` rows new
 * weights from what the dictionary lacks, as K-SVD replaces unused atoms (Aharon, Elad and
 * Bruckstein 2006). Rows are drawn as in Bricken et al. 2023 ("Towards Monosemanticity", appendix):
 *
 * ```text
 * rows     without one another, each as likely as its squared error is large
 * e        = target − reconstruction, of such a row                     [outputDim]
 * W_dec    row    = e / ‖e‖
 * W_enc    column = 0.5 · e / ‖e‖, by which the row's product is about 0.5 · ‖e‖
 * vectors  as at the start
 * ```
 *
 * A transcoder's column is along the row's input x, with the same product: 0.5 · ‖e‖ · x / ‖x‖². If
 * more features are dead than the batch has rows, those with higher numbers wait for the next time.
 * Of the optimizer's state, m restarts at 0, and v at its mean over living features: with 0, the
 * first step would be 1 / √(1 − β2) times as long as others. The choice of rows is determined by
 * the model's seed and the step's number.
 */
export async function resample(model: Resampled, { xs, ys }: Batch): Promise<void> {
  const { sae, optimizer } = model;
  const { resampleEvery, deadAfter } = sae.revival;
  if (resampleEvery === 0 || optimizer.iterations % resampleEvery !== 0) return;
  const since = Float32Array.from(await sae.read(SINCE_FIRED).data<'float32'>());
  const features = [...since.keys()];
  const isDead = (feature: number) => (since[feature] as number) >= deadAfter;
  const dead = features.filter(isDead);
  if (dead.length === 0) return;
  // All features, if none is alive.
  const typical = dead.length < features.length ? features.filter((f) => !isDead(f)) : features;
  model.sync();
  const { squared, columns, rows } = await directionsOf(sae, xs, ys);
  const order = drawn(squared, model.stepSeed, optimizer.iterations);
  const fresh = dead
    .slice(0, order.length)
    .map((feature, i) => [feature, order[i] as number] as const);
  const places = placesIn(sae);
  const weights = await newWeights(sae, places, fresh, { columns, rows });
  tf.tidy(() => {
    for (const [feature] of fresh) since[feature] = 0;
    sae.writeStates({ [SINCE_FIRED]: tf.tensor1d(since) });
    for (const [name, weight] of sae.namedWeights) {
      const values = weights.get(name);
      if (values) weight.write(tf.tensor(values, weight.shape as number[]));
    }
  });
  const { trainedNames } = sae;
  await kerasOptimizer(optimizer)?.changeState((kind, position, values) => {
    const name = trainedNames[position] as string;
    const now = weights.get(name);
    if (now === undefined) return;
    const sums = sumsOver(typical, (feature) => pick(values, places(name, feature)));
    const means = sums.map((sum) => sum / typical.length);
    for (const [feature] of fresh) {
      places(name, feature).forEach((at, i) => {
        values[at] = (kind === 'm' ? 0 : kind === 'v' ? means[i] : now[at]) as number;
      });
    }
  });
}

/**
 * Returns what each row of a batch would make of a feature: the encoder's column
 * `[batch, inputDim]` and the decoder's row `[batch, outputDim]`; and its squared error `[batch]`.
 */
async function directionsOf(sae: SparseAutoencoderLayer, x: tf.Tensor2D, y: tf.Tensor2D) {
  return normalized(sae, x, y, async (input, target) => {
    const found = tf.tidy(() => {
      const { saved } = sae.forward(input, target, false);
      const missing = tf.neg(saved.error);
      const squared = tf.sum(tf.square(missing), 1, true);
      const rows = tf.divNoNan(missing, tf.sqrt(squared));
      if (sae.centred) return [squared, tf.mul(rows, SHARE), rows];
      const product = tf.mul(tf.sqrt(squared), SHARE); // [batch, 1]
      const perUnit = tf.divNoNan(saved.xc, tf.sum(tf.square(saved.xc), 1, true));
      return [squared, tf.mul(perUnit, product), rows];
    });
    const [squared, columns, rows] = await Promise.all(found.map((t) => t.data<'float32'>()));
    tf.dispose(found);
    return { squared, columns, rows } as Record<'squared' | 'columns' | 'rows', Float32Array>;
  });
}

/**
 * Returns rows in random order, those with larger errors earlier on average; rows without error are
 * left out.
 */
export function drawn(errors: Float32Array, seed: number, step: number): number[] {
  const random = xoroshiro128plus(seed ^ Math.imul(step, 0x9e3779b1));
  // Efraimidis and Spirakis 2006: the largest u^(1/error), here as a logarithm.
  const keys = Array.from(errors, (error) => {
    const u = uniform(random);
    return error > 0 ? Math.log(u) / error : Number.NEGATIVE_INFINITY;
  });
  const rows = keys.flatMap((key, row) => (key > Number.NEGATIVE_INFINITY ? [row] : []));
  return rows.sort((a, b) => (keys[b] as number) - (keys[a] as number) || a - b);
}

/**
 * Returns the indices of one feature's numbers in a flat weight: a column of the encoder, a row of
 * the decoder.
 */
type Places = (name: string, feature: number) => Uint32Array;

function placesIn({ encodingDim, inputDim, outputDim, encoder }: SparseAutoencoderLayer): Places {
  return (name, feature) => {
    if (name === encoder.matrix) {
      return new Uint32Array(inputDim).map((_, i) => i * encodingDim + feature);
    }
    const width = name === 'W_dec' ? outputDim : 1;
    return new Uint32Array(width).map((_, i) => feature * width + i);
  };
}

const pick = (values: Float32Array, places: Uint32Array): Float32Array =>
  Float32Array.from(places, (at) => values[at] as number);

/** Returns the trainable weights with a part per feature, with new numbers for some features. */
async function newWeights(
  sae: SparseAutoencoderLayer,
  places: Places,
  fresh: readonly (readonly [feature: number, row: number])[],
  { columns, rows }: { readonly columns: Float32Array; readonly rows: Float32Array },
): Promise<Map<string, Float32Array>> {
  const { matrix, vectors } = sae.encoder;
  const weights = new Map<string, Float32Array>();
  for (const [name, weight] of sae.namedWeights) {
    if (!(name === matrix || name === 'W_dec' || name in vectors) || !weight.trainable) continue;
    const values = Float32Array.from(await weight.read().data<'float32'>());
    const from = name === matrix ? columns : rows;
    for (const [feature, row] of fresh) {
      const own = places(name, feature);
      own.forEach((at, i) => {
        values[at] = vectors[name]?.start ?? (from[row * own.length + i] as number);
      });
    }
    weights.set(name, values);
  }
  return weights;
}

/** Returns the sums of each number over some features, in double precision. */
function sumsOver(
  features: readonly number[],
  numbersOf: (feature: number) => Float32Array,
): Float64Array {
  let sums = new Float64Array();
  for (const feature of features) {
    const numbers = numbersOf(feature);
    if (sums.length === 0) sums = new Float64Array(numbers.length);
    for (const [i, value] of numbers.entries()) sums[i] = (sums[i] as number) + value;
  }
  return sums;
}
