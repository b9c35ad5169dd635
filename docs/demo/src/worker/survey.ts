import * as tf from '@tensorflow/tfjs-core';
import { explainedVariance, type SAEModel, type SparseCodes } from 'gated-sae-tfjs';
import type { Gallery, Survey } from '../protocol';
import { directions } from './directions';

/** Images on which the explained variance is measured: enough, and soon done. */
const MEASURED = 250;
/** Features that the page can show side by side. */
const IN_GALLERY = 96;

/** What a survey tells, and the codes that it is about. */
export interface Surveyed {
  survey: Survey;
  codes: SparseCodes;
}

/**
 * Measures what a dictionary does on images that training never sees.
 *
 * @param x `[images, PIXELS]`
 * @param at which dictionary it is, and after which step
 */
export async function takeSurvey(
  model: SAEModel,
  x: tf.Tensor2D,
  at: Pick<Survey, 'dictionary' | 'step'>,
): Promise<Surveyed> {
  const codes = await model.encodeSparse(x);
  const sums = new Float64Array(model.encodingDim);
  const counts = new Uint32Array(model.encodingDim);
  codes.indices.forEach((feature, i) => {
    sums[feature] = (sums[feature] as number) + (codes.values[i] as number);
    counts[feature] = (counts[feature] as number) + 1;
  });
  const survey = {
    ...at,
    l0: codes.indices.length / x.shape[0],
    alive: counts.reduce((alive, count) => alive + (count > 0 ? 1 : 0), 0),
    features: model.encodingDim,
    explained: await explained(model, x),
    meanActive: Float32Array.from(sums, (sum, feature) => sum / Math.max(1, counts[feature] ?? 0)),
    gallery: await galleryOf(model, sums),
  };
  return { survey, codes };
}

async function explained(model: SAEModel, x: tf.Tensor2D): Promise<number> {
  const some = tf.slice(x, 0, Math.min(MEASURED, x.shape[0]));
  const share = await explainedVariance(model, some);
  some.dispose();
  return share;
}

/** @param sums of each feature's activations: what the library's gallery goes by, too */
async function galleryOf(model: SAEModel, sums: Float64Array): Promise<Gallery> {
  const order = [...sums.keys()].sort((a, b) => (sums[b] as number) - (sums[a] as number));
  const features = Uint32Array.from(order.slice(0, IN_GALLERY));
  return { features, rows: await directions(model, features) };
}
