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
  const isDead = since.map((rows) => (rows >= deadAfter ? 1 : 0));
  if (!isDead.includes(1)) return;
  model.sync();
  const { errors, inputs, targets } = await rowsOf(sae, xs, ys);
  const order = drawn(errors, model.stepSeed, optimizer.iterations);
  const fresh = new Map<number, number>(); // the row of each feature
  for (const [feature, dead] of isDead.entries()) {
    if (dead && fresh.size < order.length) fresh.set(feature, order[fresh.size] as number);
  }
  const shares = new Shares(sae);
  const weights = await newWeights(sae, shares, fresh, isDead, { inputs, targets });
  tf.tidy(() => {
    for (const feature of fresh.keys()) since[feature] = 0;
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
    const typical = shares.meanOfLiving(name, values, isDead);
    for (const feature of fresh.keys()) {
      for (let i = 0; i < shares.count(name); i++) {
        const at = shares.at(name, feature, i);
        const anew = kind === 'm' ? 0 : kind === 'v' ? typical[i] : now[at];
        values[at] = anew as number;
      }
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

/** Where in a weight, flat, the numbers of one feature are. */
class Shares {
  private readonly features: number;
  private readonly matrix: string;
  private readonly widths: { readonly [name: string]: number };

  constructor(sae: SparseAutoencoderLayer) {
    this.features = sae.encodingDim;
    this.matrix = sae.encoder.matrix;
    this.widths = { [this.matrix]: sae.inputDim, W_dec: sae.outputDim };
  }

  /** How many there are: one of a vector. */
  count(name: string): number {
    return this.widths[name] ?? 1;
  }

  at(name: string, feature: number, i: number): number {
    return name === this.matrix ? i * this.features + feature : feature * this.count(name) + i;
  }

  /** For each number of a feature its mean over living features, or over all where none lives. */
  meanOfLiving(name: string, values: Float32Array, isDead: Float32Array): Float64Array {
    const sums = new Float64Array(this.count(name));
    const none = !isDead.includes(0);
    let living = 0;
    for (let feature = 0; feature < this.features; feature++) {
      if (isDead[feature] && !none) continue;
      living += 1;
      for (let i = 0; i < sums.length; i++) {
        sums[i] = (sums[i] as number) + (values[this.at(name, feature, i)] as number);
      }
    }
    return sums.map((sum) => sum / living);
  }

  /** The norm of one feature's numbers. */
  norm(name: string, values: Float32Array, feature: number): number {
    let sum = 0;
    for (let i = 0; i < this.count(name); i++) {
      sum += (values[this.at(name, feature, i)] as number) ** 2;
    }
    return Math.sqrt(sum);
  }
}

/** The weights that have a place for each feature, trainable ones, with new numbers for some features. */
async function newWeights(
  sae: SparseAutoencoderLayer,
  shares: Shares,
  fresh: ReadonlyMap<number, number>,
  isDead: Float32Array,
  { inputs, targets }: { readonly inputs: Float32Array; readonly targets: Float32Array },
): Promise<Map<string, Float32Array>> {
  const { matrix, vectors } = sae.encoder;
  const weights = new Map<string, Float32Array>();
  for (const [name, weight] of sae.namedWeights) {
    if (!(name === matrix || name === 'W_dec' || name in vectors) || !weight.trainable) continue;
    const values = Float32Array.from(await weight.read().data<'float32'>());
    const { start } = vectors[name] ?? {};
    const rows = name === 'W_dec' ? targets : inputs;
    const length =
      start === undefined && name === matrix ? encoderNorm(shares, matrix, values, isDead) : 1;
    const width = shares.count(name);
    for (const [feature, row] of fresh) {
      const own = rows.subarray(row * width, (row + 1) * width);
      const norm = normOf(own) || 1;
      for (let i = 0; i < width; i++) {
        const value = start ?? ((own[i] as number) / norm) * length;
        values[shares.at(name, feature, i)] = value;
      }
    }
    weights.set(name, values);
  }
  return weights;
}

/** The norm of a new encoder column. */
function encoderNorm(
  shares: Shares,
  matrix: string,
  values: Float32Array,
  isDead: Float32Array,
): number {
  const norms = Float32Array.from(isDead, (_, feature) => shares.norm(matrix, values, feature));
  const living = norms.filter((_, feature) => !isDead[feature]);
  const some = living.length > 0 ? living : norms;
  return (ENCODER_SHARE * some.reduce((sum, norm) => sum + norm, 0)) / some.length;
}
