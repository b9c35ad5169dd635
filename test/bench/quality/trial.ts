import * as tf from '@tensorflow/tfjs';
import { explainedVariance, type Rows, type SAEModel, sparsityReport } from '../../../src';
import { ByteRows } from '../../../src/activations/byteRows';
import { annealing, newModel, RECIPES } from '../../../src/cli/quickstart/recipe';
import type { Settings } from '../../../src/cli/quickstart/settings';
import { batches } from '../../../src/cli/quickstart/training';
import type { Bytes } from './baselines';
import { recovery, sharedFeatures } from './recovery';
import { SIZES, SYNTHETIC } from './settings';
import { makeRows, meanActive, type Structure } from './synthetic';

/** What came of one training, on rows that it has not seen. */
export interface Outcome {
  readonly l0: number;
  readonly explainedVariance: number;
  /** Features that fired on none of them. */
  readonly dead: number;
}

/** The quickstart's settings, at the sizes of this comparison. */
function settingsOf(architecture: string, l0: number, seed: number): Settings {
  const { flags } = RECIPES.best;
  return { ...flags, recipe: 'best', architecture, l0, seed, ...SIZES, backend: 'wasm' };
}

/** Leaves the other cores to the peers, which train at the same time. */
function withOneThread(model: SAEModel): SAEModel {
  model.compile({ optimizer: model.optimizer, threads: 1 });
  return model;
}

/**
 * Trains a dictionary on images as the quickstart does.
 *
 * @returns what came of it, and the decoder's rows of features that fire
 */
export async function trainOnImages(
  architecture: string,
  l0: number,
  seed: number,
  images: { training: Bytes; heldOut: Bytes },
): Promise<Outcome & { alive: Float32Array }> {
  const settings = settingsOf(architecture, l0, seed);
  const { training, heldOut } = images;
  const model = withOneThread(newModel(settings));
  await model.initDecoderBias(new ByteRows({ ...training, batchSize: 500 }));
  const rows = batches({ pixels: training.bytes, rows: training.order }, settings);
  await model.fitDataset(rows, {
    ...{ epochs: settings.epochs, verbose: 0, yieldEvery: 'never' },
    callbacks: annealing(settings, model),
  });
  const held = new ByteRows({ ...heldOut, batchSize: 500 });
  const outcome = await measure(model, held);
  const alive = await rowsOf(model, await firingOn(model, held));
  model.dispose();
  return { ...outcome, alive };
}

/** What a trained dictionary makes of rows that it has not seen. */
async function measure(model: SAEModel, rows: Rows): Promise<Outcome> {
  const { l0Mean, dead } = await sparsityReport(model, rows);
  return { l0: l0Mean, dead, explainedVariance: await explainedVariance(model, rows) };
}

/** The features that fire on any of the rows, ascending. */
async function firingOn(model: SAEModel, rows: ByteRows): Promise<number[]> {
  const firing = new Set<number>();
  const all = rows.iterator();
  for (let next = await all.next(); next.value; next = await all.next()) {
    const { indices } = await model.encodeSparse(next.value);
    for (const feature of indices) firing.add(feature);
    next.value.dispose();
  }
  return [...firing].sort((a, b) => a - b);
}

/** The decoder's rows of some features, one after another. */
async function rowsOf(
  { sae, outputDim }: SAEModel,
  wanted: readonly number[],
): Promise<Float32Array> {
  const rows = await sae.wDec.read().data();
  const taken = new Float32Array(wanted.length * outputDim);
  wanted.forEach((f, i) => {
    taken.set(rows.subarray(f * outputDim, (f + 1) * outputDim) as Float32Array, i * outputDim);
  });
  return taken;
}

/** What a dictionary has found of features that are known. */
export interface Found extends Outcome {
  readonly mcc: number;
  readonly absorption: number;
}

/** Trains a dictionary on synthetic rows, asked for as many active features as there are. */
export async function trainOnSynthetic(
  architecture: string,
  structure: Structure,
  seed: number,
): Promise<Found> {
  const { features, inputDim, rows, heldOut, epochs, batchSize } = SYNTHETIC;
  const training = makeRows(structure, rows, 2 * seed);
  const truth = makeRows(structure, heldOut, 2 * seed + 1);
  const images = { encodingDim: features, epochs, images: rows, batchSize };
  const settings = {
    ...settingsOf(architecture, Math.round(meanActive(training)), seed),
    ...images,
  };
  const model = withOneThread(newModel(settings, inputDim));
  const x = tf.tensor2d(training.rows, [rows, inputDim]);
  const held = tf.tensor2d(truth.rows, [heldOut, inputDim]);
  await model.initDecoderBias(x);
  await model.fit(x, {
    ...{ epochs, batchSize, seed, verbose: 0, yieldEvery: 'never' },
    callbacks: annealing(settings, model),
  });
  const outcome = await measure(model, held);
  const codes = model.encode(held);
  const decoder = (await model.sae.wDec.read().data()) as Float32Array;
  const found = recovery(truth, decoder, (await codes.data()) as Float32Array, inputDim);
  tf.dispose([x, held, codes]);
  model.dispose();
  return { ...outcome, ...found };
}

/** The share of features that the dictionaries of two seeds have both, over all pairs of seeds. */
export function stability(alive: readonly Float32Array[], width: number): number {
  const pairs = alive.flatMap((a, i) => alive.slice(i + 1).map((b) => sharedFeatures(a, b, width)));
  return pairs.reduce((sum, share) => sum + share, 0) / pairs.length;
}
