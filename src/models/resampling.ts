import * as tf from '@tensorflow/tfjs-core';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Batch } from '../activations/rows';
import { uniform } from '../activations/shuffle';
import { normalized } from '../layers/normalization';
import { skipping } from '../layers/pass';
import { SINCE_FIRED } from '../layers/revival';
import type { SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import { normOf } from '../math/norms';
import { kerasOptimizer } from '../optimizers/optimizerBefore';

/** A model whose dead features are given new weights. */
interface Resampled {
  readonly sae: SparseAutoencoderLayer;
  readonly optimizer: tf.Optimizer;
  readonly stepSeed: number;
  sync(): void;
}

/** The norm of a new encoder column, as a share of the mean norm of those of living features. */
const ENCODER_SHARE = 0.2;

/**
 * After each `resampleEvery` steps, gives features that have not fired in `deadAfter` rows new weights
 * from rows of the batch (Bricken et al. 2023, "Towards Monosemanticity", appendix):
 *
 * ```text
 * r        rows without one another, each as likely as its squared error is large
 * W_dec    row    = (r − b_dec) / ‖r − b_dec‖
 * W_enc    column = the same · 0.2 · mean ‖column‖ of living features
 * vectors  as at the start
 * ```
 *
 * A transcoder's decoder row is of its target, less b_dec and the skip connection, its encoder column of
 * its input. Where more features are dead than the batch has rows, those of higher numbers wait for the
 * next time. Of the optimizer, m begins anew at 0; and v at its mean over living features: at 0 the first
 * step would be 1 / √(1 − β2) as long as others. Which rows it takes follows from the model's seed and
 * the step's number.
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
  // All of them, where none lives.
  const typical = dead.length < features.length ? features.filter((f) => !isDead(f)) : features;
  model.sync();
  const { errors, inputs, targets } = await rowsOf(sae, xs, ys);
  const order = drawn(errors, model.stepSeed, optimizer.iterations);
  const fresh = dead
    .slice(0, order.length)
    .map((feature, i) => [feature, order[i] as number] as const);
  const places = placesIn(sae);
  const weights = await newWeights(sae, places, fresh, typical, { inputs, targets });
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

/** What is known of each row: its squared error, and itself as the encoder and the decoder see it. */
async function rowsOf(sae: SparseAutoencoderLayer, x: tf.Tensor2D, y: tf.Tensor2D) {
  return normalized(sae, x, y, async (rows, wanted) => {
    const found = tf.tidy(() => {
      const { saved } = sae.forward(rows, wanted, false);
      const skipped = skipping(sae, rows);
      const left = tf.sub(skipped ? tf.sub(wanted, skipped) : wanted, sae.read('b_dec'));
      return [tf.sum(tf.square(saved.error), 1), saved.xc, left];
    });
    const [errors, inputs, targets] = await Promise.all(found.map((t) => t.data<'float32'>()));
    const all = { errors, inputs, targets } as Record<string, Float32Array>;
    tf.dispose(found);
    return all as { errors: Float32Array; inputs: Float32Array; targets: Float32Array };
  });
}

/** Rows in random order, earlier the larger their errors; those without one are left out. */
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

/** Where in a weight, flat, the numbers of one feature are: a column of the encoder, a row of the decoder. */
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

/** The weights that have a place for each feature, trainable ones, with new numbers for some features. */
async function newWeights(
  sae: SparseAutoencoderLayer,
  places: Places,
  fresh: readonly (readonly [feature: number, row: number])[],
  typical: readonly number[],
  { inputs, targets }: { readonly inputs: Float32Array; readonly targets: Float32Array },
): Promise<Map<string, Float32Array>> {
  const { matrix, vectors } = sae.encoder;
  const weights = new Map<string, Float32Array>();
  for (const [name, weight] of sae.namedWeights) {
    if (!(name === matrix || name === 'W_dec' || name in vectors) || !weight.trainable) continue;
    const values = Float32Array.from(await weight.read().data<'float32'>());
    const normOfOne = (feature: number) => normOf(pick(values, places(name, feature)));
    const norms = () => sumsOver(typical, (feature) => Float32Array.of(normOfOne(feature)))[0];
    const length = name === matrix ? (ENCODER_SHARE * (norms() as number)) / typical.length : 1;
    const rows = name === 'W_dec' ? targets : inputs;
    for (const [feature, row] of fresh) {
      const own = places(name, feature);
      const direction = rows.subarray(row * own.length, (row + 1) * own.length);
      const norm = normOf(direction) || 1;
      own.forEach((at, i) => {
        values[at] = vectors[name]?.start ?? ((direction[i] as number) / norm) * length;
      });
    }
    weights.set(name, values);
  }
  return weights;
}

/** The sums of each number over some features, in double precision. */
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
