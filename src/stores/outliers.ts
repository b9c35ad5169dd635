import type { RowOrigin } from '../activations/rows';
import type { FilterEntry } from './manifest';

/**
 * Marks the rows of a batch to keep: all except those at first positions, and those much longer
 * than most.
 *
 * Like dictionary_learning's `max_activation_norm_multiple`: a row is left out if its norm exceeds
 * this many times the median norm of the network's batch. The median is over all rows of the batch,
 * including first positions; for an even number of rows it is the lower of the middle two, as in
 * torch.
 *
 * @param norms the norms of the batch's rows
 * @returns 1 for each row to keep, otherwise 0
 */
export function keptRows(
  norms: Float64Array,
  origin: RowOrigin | undefined,
  { skipFirst, maxNormMultiple }: FilterEntry,
): Uint8Array {
  const most =
    maxNormMultiple === null ? Number.POSITIVE_INFINITY : maxNormMultiple * median(norms);
  return Uint8Array.from(norms, (norm, row) => {
    const isFirst = skipFirst && origin?.positions[row] === 0;
    return isFirst || norm > most ? 0 : 1;
  });
}

const median = (norms: Float64Array): number =>
  Float64Array.from(norms).sort()[Math.floor((norms.length - 1) / 2)] as number;
