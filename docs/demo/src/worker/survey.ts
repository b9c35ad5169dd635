import * as tf from '@tensorflow/tfjs-core';
import {
  explainedVariance,
  plotDecoderGallery,
  type SAEModel,
  type SparseCodes,
} from 'gated-sae-tfjs';
import type { GalleryPicture, GalleryShape, Survey } from '../protocol';

/** Images on which the explained variance is measured: enough, and soon done. */
const MEASURED = 250;

/** What a survey tells, and the codes that it is about. */
export interface Surveyed {
  survey: Survey;
  codes: SparseCodes;
}

/**
 * Measures what a dictionary does on images that training never sees.
 *
 * @param x `[images, PIXELS]`
 */
export async function takeSurvey(
  model: SAEModel,
  x: tf.Tensor2D,
  step: number,
  shape: GalleryShape,
): Promise<Surveyed> {
  const codes = await model.encodeSparse(x);
  const sums = new Float64Array(model.encodingDim);
  const counts = new Uint32Array(model.encodingDim);
  codes.indices.forEach((feature, i) => {
    sums[feature] = (sums[feature] as number) + (codes.values[i] as number);
    counts[feature] = (counts[feature] as number) + 1;
  });
  const survey = {
    step,
    l0: codes.indices.length / x.shape[0],
    alive: counts.reduce((alive, count) => alive + (count > 0 ? 1 : 0), 0),
    features: model.encodingDim,
    explained: await explained(model, x),
    meanActive: Float32Array.from(sums, (sum, feature) => sum / Math.max(1, counts[feature] ?? 0)),
    gallery: await drawGallery(model, codes, shape),
  };
  return { survey, codes };
}

async function explained(model: SAEModel, x: tf.Tensor2D): Promise<number> {
  const some = tf.slice(x, 0, Math.min(MEASURED, x.shape[0]));
  const share = await explainedVariance(model, some);
  some.dispose();
  return share;
}

/** The library's own picture of the features that these codes have most of. */
export async function drawGallery(
  model: SAEModel,
  codes: SparseCodes,
  { columns, rows }: GalleryShape,
): Promise<GalleryPicture> {
  const figure = await plotDecoderGallery(model, codes, { topN: columns * rows, columns });
  return { columns, rows, svg: figure.toSVG() };
}
