import * as tf from '@tensorflow/tfjs-core';
import { isDataset, iteratorOf, type Rows } from '../../activations/rows';
import { base64Of } from '../../bytes';
import { missingImages, wrongImages } from '../../errors';
import { type Images, imageBytes } from './imageRows';
import type { FeatureReport } from './report';

/**
 * Returns the images with an example row, taken from all images in one pass, without holding
 * others.
 *
 * @param source all images, `[images, ...]`, or a dataset of batches of them
 * @returns their bytes in base64, by number
 * @throws SAE_DATA if they are not images, or too few; SAE_SHAPE for images of another size.
 */
export async function shownImages(
  where: string,
  source: Rows,
  images: Images,
  features: FeatureReport['features'],
): Promise<Record<string, string>> {
  const wanted = new Set(
    features
      .flatMap(({ top, intervals }) => [top, ...intervals.map(({ examples }) => examples)].flat())
      .map(({ image }) => image),
  );
  const shown: Record<string, string> = {};
  let first = 0;
  let left = wanted.size;
  for await (const batch of imageBatches(where, source)) {
    const count = batch.shape[0] ?? 0;
    if (batch.size !== count * images.width) throw wrongImages(where, images.width, batch.shape);
    const numbers = Array.from({ length: count }, (_, i) => first + i).filter((i) => wanted.has(i));
    // Unneeded images are not even fetched.
    const values = numbers.length > 0 ? await batch.data() : [];
    for (const image of numbers) {
      shown[image] = base64Of(imageBytes(values as ArrayLike<number>, image - first, images));
    }
    left -= numbers.length;
    first += count;
    if (left === 0) return shown;
  }
  if (left > 0) throw missingImages(where, first, Math.max(...(wanted as Set<number>)));
  return shown;
}

/** Yields batches of images; those of a dataset are disposed when the next is requested. */
async function* imageBatches(where: string, source: Rows): AsyncGenerator<tf.Tensor> {
  if (!isDataset(source)) {
    yield source;
    return;
  }
  const iterator = await iteratorOf(where, source);
  for (;;) {
    const { value, done } = await iterator.next();
    if (done || value == null) return;
    const { xs = value } = value instanceof tf.Tensor ? {} : (value as { xs?: unknown });
    try {
      if (!(xs instanceof tf.Tensor)) throw wrongImages(where, undefined, xs);
      yield xs;
    } finally {
      tf.dispose(value as tf.TensorContainer);
    }
  }
}
