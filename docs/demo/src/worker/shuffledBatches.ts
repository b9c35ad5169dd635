import * as tf from '@tensorflow/tfjs-core';
import type { RowDataset } from 'gated-sae-tfjs';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { PIXELS } from '../images';
import { fromBytes } from './imageData';

/**
 * All images once each time it is asked, in batches and in another order each time; the same orders
 * for the same seed. They stay bytes until their batch comes.
 *
 * Whoever takes a batch `[rows, PIXELS]` disposes it.
 */
export function shuffledBatches(images: Uint8Array, batchSize: number, seed: number): RowDataset {
  const random = xoroshiro128plus(seed);
  const order = Uint32Array.from({ length: images.length / PIXELS }, (_, i) => i);
  return {
    size: Math.ceil(order.length / batchSize),
    iterator: () => {
      for (let last = order.length - 1; last > 0; last--) {
        const other = uniformInt(random, 0, last);
        const moved = order[last] as number;
        order[last] = order[other] as number;
        order[other] = moved;
      }
      let start = 0;
      return {
        next: async () => {
          if (start >= order.length) return { value: null, done: true };
          const rows = order.subarray(start, start + batchSize);
          start += batchSize;
          return { value: batchOf(images, rows), done: false };
        },
      };
    },
  };
}

function batchOf(images: Uint8Array, rows: Uint32Array): tf.Tensor2D {
  const bytes = new Uint8Array(rows.length * PIXELS);
  rows.forEach((row, i) => {
    bytes.set(images.subarray(row * PIXELS, (row + 1) * PIXELS), i * PIXELS);
  });
  return tf.tensor2d(fromBytes(bytes), [rows.length, PIXELS]);
}
