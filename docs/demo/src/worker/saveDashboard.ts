import type * as tf from '@tensorflow/tfjs-core';
import { featureDashboard, featureReport, type SAEModel } from 'gated-sae-tfjs';
import { SIDE } from '../images';
import type { Pictures, SavedFile } from '../protocol';

/**
 * What each feature does, as one HTML file that needs no network.
 *
 * @param x `[images, PIXELS]`, on which they are looked at
 * @param pictures what is known of them
 */
export async function saveDashboard(
  model: SAEModel,
  x: tf.Tensor2D,
  { labels, classNames }: Pictures,
): Promise<SavedFile[]> {
  const report = await featureReport(model, x, {
    ...(labels.length > 0 && { labels }),
    ...(labels.length > 0 && classNames.length > 0 && { classNames }),
    imageShape: [SIDE, SIDE],
  });
  const bytes = new TextEncoder().encode(await featureDashboard(report));
  return [{ name: 'dashboard.html', type: 'text/html', bytes }];
}
