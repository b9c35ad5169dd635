import * as tf from '@tensorflow/tfjs-core';
import { matMul } from '../../math/matMul';
import { unitLength } from '../../math/norms';
import { BestLists } from './bestLists';

/** Cosines that are held at a time: 16 MB of them. */
const BLOCK = 4_000_000;

/**
 * Finds the features whose decoder rows point in the directions most similar to each one's.
 *
 * A block of rows is compared with all later ones at a time, so each pair is computed once.
 *
 * @param wDec `[features, inputDim]`, flat
 * @param length the number of neighbours per feature
 * @param held the number of cosines in memory at a time
 */
export async function neighbours(
  wDec: Float32Array,
  width: number,
  length: number,
  held = BLOCK,
): Promise<BestLists> {
  const features = wDec.length / width;
  const nearest = new BestLists(features, Math.min(length, features - 1));
  if (nearest.length === 0) return nearest;
  const rows = tf.tensor2d(unitLength(wDec, width), [features, width]);
  try {
    const size = Math.max(1, Math.floor(held / features));
    for (let start = 0; start < features; start += size) {
      const count = Math.min(size, features - start);
      const product = tf.tidy(() => {
        const block = tf.slice(rows, [start, 0], [count, width]);
        return matMul(block, tf.slice(rows, [start, 0]), false, true); // [count, features − start]
      });
      const cosines = await product.data<'float32'>().finally(() => product.dispose());
      offerAll(nearest, cosines, start, count);
    }
  } finally {
    rows.dispose();
  }
  return nearest;
}

function offerAll(nearest: BestLists, cosines: Float32Array, start: number, count: number): void {
  const { floors } = nearest;
  const width = cosines.length / count;
  for (let row = 0; row < count; row++) {
    const feature = start + row;
    for (let column = row + 1; column < width; column++) {
      const cosine = cosines[row * width + column] as number;
      const other = start + column;
      if (cosine >= (floors[feature] as number)) nearest.take(feature, cosine, other);
      if (cosine >= (floors[other] as number)) nearest.take(other, cosine, feature);
    }
  }
}
