import * as tf from '@tensorflow/tfjs-core';
import { floatRows, isDataset, iteratorOf, type RowDataset } from '../activations/rows';
import { emptyData, wrongCodes } from '../errors';
import { checkCodes, type SparseCodes, sparseCodes } from '../kernels/sparseCodes';

/** Codes of some rows, in the form of `encode` or `encodeSparse`. */
export type CodeBatch = tf.Tensor | SparseCodes;

/**
 * Codes `[..., features]`, dense or sparse, all at once or as a stream of batches. Tensors of a
 * stream are disposed after they were read.
 */
export type Codes = CodeBatch | AsyncIterable<CodeBatch> | RowDataset;

/** Rows of dense codes that are read at a time. */
const ROWS = 512;

/**
 * Converts codes of any form to sparse ones, a batch at a time.
 *
 * @throws SAE_SHAPE or SAE_DATA for codes that do not fit a dictionary with this many features, or
 *   without rows.
 */
export async function* codeBatches(
  where: string,
  codes: Codes,
  features: number,
): AsyncGenerator<SparseCodes> {
  if (codes instanceof tf.Tensor) {
    yield* denseBatches(where, codes, features);
  } else if (isDataset(codes) || isStream(codes)) {
    let empty = true;
    for await (const batch of isDataset(codes) ? elements(where, codes) : codes) {
      empty = false;
      if (!(batch instanceof tf.Tensor)) {
        yield checked(where, batch, features);
        continue;
      }
      try {
        yield* denseBatches(where, batch, features);
      } finally {
        batch.dispose();
      }
    }
    if (empty) throw emptyData(where, 'codes without batches');
  } else {
    yield checked(where, codes, features);
  }
}

const isStream = (codes: unknown): codes is AsyncIterable<CodeBatch> =>
  typeof (codes as AsyncIterable<CodeBatch> | null)?.[Symbol.asyncIterator] === 'function';

async function* elements(where: string, dataset: RowDataset): AsyncGenerator<CodeBatch> {
  const iterator = await iteratorOf(where, dataset);
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    yield next.value as CodeBatch;
  }
}

async function* denseBatches(where: string, codes: tf.Tensor, features: number) {
  const rows = floatRows(where, codes, features);
  try {
    for (let start = 0; start < rows.shape[0]; start += ROWS) {
      const slice = tf.slice(rows, start, Math.min(ROWS, rows.shape[0] - start));
      const values = await slice.data<'float32'>().finally(() => slice.dispose());
      const odd = values.find((code) => !(code >= 0 && code < Number.POSITIVE_INFINITY));
      if (odd !== undefined) throw wrongCodes(where, 'finite codes of at least 0', odd);
      yield sparseCodes(values, features);
    }
  } finally {
    if (rows !== codes) rows.dispose();
  }
}

/** Checks sparse codes in the form of `encodeSparse`: each feature of a row once, and above 0. */
function checked(where: string, codes: SparseCodes, features: number): SparseCodes {
  checkCodes(where, codes, features);
  const { indices, values, rowOffsets } = codes;
  for (let row = 1; row < rowOffsets.length; row++) {
    for (let i = rowOffsets[row - 1] as number; i < (rowOffsets[row] as number); i++) {
      const before = i > (rowOffsets[row - 1] as number) ? (indices[i - 1] as number) : -1;
      if ((indices[i] as number) <= before) {
        throw wrongCodes(where, 'features that ascend within each row', [before, indices[i]]);
      }
      if ((values[i] as number) <= 0) throw wrongCodes(where, 'codes above 0', values[i]);
    }
  }
  return codes;
}
