import * as tf from '@tensorflow/tfjs-core';
import type { EvaluateArgs } from '../../analysis/evaluation/args';
import { wrongOption } from '../../errors';
import { joinCodes, type SparseCodes, sparseCodes } from '../../kernels/sparseCodes';
import type { OpenedData } from '../data/open';
import { some } from '../wording';
import type { MeasureOptions } from './options';

/** The features that data was generated from, in the form of `evaluateSAE`'s options. */
export type KnownFeatures = Pick<EvaluateArgs, 'trueFeatures' | 'trueCodes'>;

/**
 * Reads the features that the data was generated from, and the amount of each in each row.
 *
 * @param rows the number of rows of the data
 * @param width the width of a true feature: that of a reconstruction
 * @param open opens a file of rows of a given width
 * @returns the caller disposes `trueFeatures`.
 * @throws SAEError for files that are missing, damaged or do not fit.
 */
export async function knownFeatures(
  { trueFeatures: featuresPath, trueCodes: codesPath, rows: most }: MeasureOptions,
  rows: number,
  width: number,
  open: (path: string, width: number, options: { rows?: number }) => Promise<OpenedData>,
): Promise<KnownFeatures> {
  if (featuresPath === undefined) return {};
  const trueFeatures = await tensorOf(await open(featuresPath, width, {}));
  try {
    if (codesPath === undefined) return { trueFeatures };
    const [features] = trueFeatures.shape;
    const codes = await open(codesPath, features, most === undefined ? {} : { rows: most });
    if (codes.count !== rows) {
      const expected = `${some(rows, 'row')}, as DATA has`;
      throw wrongOption('--true-codes', expected, codes.count, 'Give a row for each row.');
    }
    return { trueFeatures, trueCodes: await codesOf(codes, features) };
  } catch (error) {
    trueFeatures.dispose();
    throw error;
  }
}

/** Returns all rows in one tensor. */
async function tensorOf({ rows }: OpenedData): Promise<tf.Tensor2D> {
  const parts: tf.Tensor2D[] = [];
  try {
    for await (const part of batchesOf(rows)) parts.push(part);
    return tf.concat(parts, 0);
  } finally {
    tf.dispose(parts);
  }
}

/** Returns all rows as sparse codes: only values above 0 are kept. */
async function codesOf({ rows }: OpenedData, features: number): Promise<SparseCodes> {
  const parts: SparseCodes[] = [];
  for await (const part of batchesOf(rows)) {
    const values = await part.data<'float32'>().finally(() => part.dispose());
    parts.push(sparseCodes(values, features));
  }
  return joinCodes(parts);
}

async function* batchesOf(rows: OpenedData['rows']): AsyncGenerator<tf.Tensor2D> {
  const iterator = await rows.iterator();
  for (;;) {
    const { value, done } = await iterator.next();
    if (done) return;
    yield value as tf.Tensor2D;
  }
}
