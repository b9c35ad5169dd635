import { dispose } from '@tensorflow/tfjs-core';
import type { Batch, BatchDataset } from '../activations/rows';

/**
 * Means over all rows of what is measured of each batch.
 *
 * @param evaluate means over a batch's rows; the batch is disposed after it
 * @param batches how many at most
 */
export async function meansOverRows(
  dataset: BatchDataset,
  evaluate: (batch: Batch) => Promise<number[]>,
  batches = Number.POSITIVE_INFINITY,
): Promise<number[]> {
  const sums: number[] = [];
  const iterator = await dataset.iterator();
  let rows = 0;
  for (let taken = 0; taken < batches; taken++) {
    const { value: batch, done } = await iterator.next();
    if (done) break;
    const { xs, ys } = batch;
    const size = xs.shape[0];
    try {
      for (const [i, mean] of (await evaluate(batch)).entries()) {
        sums[i] = (sums[i] ?? 0) + mean * size;
      }
    } finally {
      dispose([xs, ys]);
    }
    rows += size;
  }
  return sums.map((sum) => sum / rows);
}
