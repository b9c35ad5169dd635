import type * as tf from '@tensorflow/tfjs-core';
import { featureDashboard, featureReport, type SAEModel } from 'gated-sae-tfjs';
import { CLASS_NAMES, SIDE } from '../images';
import type { SavedFile } from '../protocol';

/**
 * What each feature does, as one HTML file that needs no network.
 *
 * @param x `[images, PIXELS]`, on which they are looked at
 * @param labels the class of each
 */
export async function saveDashboard(
  model: SAEModel,
  x: tf.Tensor2D,
  labels: Uint8Array,
): Promise<SavedFile[]> {
  const report = await featureReport(model, x, {
    labels,
    classNames: CLASS_NAMES,
    imageShape: [SIDE, SIDE],
  });
  const bytes = new TextEncoder().encode(await featureDashboard(report));
  return [{ name: 'dashboard.html', type: 'text/html', bytes }];
}
