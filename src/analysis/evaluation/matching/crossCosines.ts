import * as tf from '@tensorflow/tfjs-core';
import { matMul } from '../../../math/matMul';
import { unitLength } from '../../../math/norms';

/** Cosines that are held at a time: 16 MB of them. */
const BLOCK = 4_000_000;

/** Directions, `[rows, width]`, flat. */
export interface Directions {
  readonly values: Float32Array;
  readonly width: number;
}

/** Returns the number of directions. */
export const countOf = ({ values, width }: Directions): number => values.length / width;

/**
 * Computes the cosines between all directions of `a` and all of `b`, a block of rows of `a` at a
 * time; 0 with a direction that is zero.
 *
 * @param take receives cosines `[rows, directions of b]`, flat, and the first row's number; the
 *   array is reused for the next block
 */
export async function crossCosines(
  a: Directions,
  b: Directions,
  take: (cosines: Float32Array, start: number) => void,
  held = BLOCK,
): Promise<void> {
  const { width } = a;
  const size = Math.max(1, Math.floor(held / countOf(b)));
  const others = tf.tensor2d(unitLength(b.values, width), [countOf(b), width]);
  try {
    for (let start = 0; start < countOf(a); start += size) {
      const rows = a.values.subarray(start * width, (start + size) * width);
      const product = tf.tidy(() => {
        const block = tf.tensor2d(unitLength(rows, width), [rows.length / width, width]);
        return matMul(block, others, false, true); // [rows, directions of b]
      });
      take(await product.data<'float32'>().finally(() => product.dispose()), start);
    }
  } finally {
    others.dispose();
  }
}
