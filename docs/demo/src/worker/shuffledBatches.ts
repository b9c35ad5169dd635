import type { RowDataset } from 'gated-sae-tfjs';
import { ByteRows } from '../../../../src/activations/byteRows';
import { epochOrder } from '../../../../src/activations/shuffle';
import { PIXELS } from '../images';

/**
 * All images once each time it is asked, in batches and in another order each time; the same orders
 * for the same seed. They stay bytes until their batch comes.
 *
 * Whoever takes a batch `[rows, PIXELS]` disposes it.
 */
export function shuffledBatches(images: Uint8Array, batchSize: number, seed: number): RowDataset {
  const rows = Uint32Array.from({ length: images.length / PIXELS }, (_, i) => i);
  let passes = 0;
  return {
    size: Math.ceil(rows.length / batchSize),
    iterator: () => {
      const order = epochOrder(rows, seed, passes);
      passes += 1;
      return new ByteRows({ bytes: images, width: PIXELS, order, batchSize }).iterator();
    },
  };
}
