import { threadsAllowed } from '../kernels/module';
import { nodeModule } from '../nodeModule';

/**
 * Multiplications of the encoder for each thread, below which another one costs more than it brings:
 * about half a millisecond of a step in which half of the features are active. Measured on 2 cores.
 */
const WORTH_A_THREAD = 4e6;

/**
 * How many threads to compute with.
 *
 * @param wanted as many as the user wants; undefined for all cores, but never more than help
 * @param products of the encoder in one batch: rows × inputDim × features
 */
export function usefulThreads(wanted: number | undefined, products: number): number {
  if (!threadsAllowed()) return 1;
  const helpful = Math.max(1, Math.floor(products / WORTH_A_THREAD));
  return wanted ?? Math.min(cores(), helpful);
}

/** Cores that this process may use. */
function cores(): number {
  const { navigator } = globalThis as { navigator?: { hardwareConcurrency?: number } };
  const os = nodeModule<typeof import('node:os')>('node:os');
  return os?.availableParallelism() ?? navigator?.hardwareConcurrency ?? 1;
}
