import type { Tensor1D } from '@tensorflow/tfjs-core';

/** Adds float32 values into double-precision totals: over many batches float32 would drift. */
export async function addTo(totals: Float64Array, values: Tensor1D): Promise<void> {
  const numbers = await values.data();
  for (let i = 0; i < totals.length; i++) {
    totals[i] = (totals[i] as number) + (numbers[i] as number);
  }
}
