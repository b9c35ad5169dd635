import type { RowOrigin } from '../activations/rows';
import type { FilterEntry } from './manifest';

/**
 * Which rows of a batch are kept: all but those of first positions, and those far longer than most.
 *
 * As dictionary_learning has `max_activation_norm_multiple`: a row is left out where its norm is above so
 * many times the median norm of the batch that the network gave. The median is that of all rows of the
 * batch, those of first positions too; of an even number of rows it is the lower one of the middle two,
 * as torch takes it.
 *
 * @param norms of the batch's rows
 * @returns 1 for each row that is kept, else 0
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
