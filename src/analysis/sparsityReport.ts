import { type Rows, rowBatches } from '../activations/rows';
import { STREAM_RULES } from '../models/args';
import { assertDictionary } from '../models/givenModel';
import type { SAEModel } from '../models/saeModel';
import { checkOptions, positiveInteger, type Rules } from '../options';

/** Options of {@link sparsityReport}. */
export interface SparsityReportArgs {
  /** Rows encoded at a time; 512 by default. A dataset has its own batches. */
  batchSize?: number;
  /** The number of top features for the activation share; 20 by default. */
  k?: number;
}

/**
 * How sparse a dictionary's codes are on some data, and how many features are alive. Python's
 * report has the same entries: `l0_mean`, `l0_median`, `alive`, `dead`, `n_features`, `alive_frac`,
 * `topk`, `topk_share`.
 */
export interface SparsityReport {
  /** Mean over rows of the number of active features. */
  l0Mean: number;
  /** Median over rows of the number of active features. */
  l0Median: number;
  /** Number of features that fire on at least one row. */
  alive: number;
  /** Number of features that fire on no row. */
  dead: number;
  /** Number of features. */
  nFeatures: number;
  /** The share of features that fire at all: `alive / nFeatures`. */
  aliveFrac: number;
  /** The number of features that `topkShare` counts: k, or all if there are fewer. */
  topk: number;
  /** Share of the total activation that the `topk` most active features have; 0 if none fires. */
  topkShare: number;
}

const RULES: Rules<SparsityReportArgs> = {
  ...STREAM_RULES,
  k: positiveInteger(20),
};

/**
 * Measures how sparse a model's codes are on `x`, and how many features are alive:
 * `sparsity_report` of Python's gated-sae-tf. It takes one pass, one batch of codes at a time.
 *
 * @param model the dictionary
 * @param x rows `[..., inputDim]`, or a dataset of them
 * @param args `batchSize`, 512 by default, and `k`, 20 by default
 * @returns plain numbers
 * @throws SAE_SHAPE, SAE_DATA or SAE_NOT_FINITE for invalid rows; SAE_OPTION for an unknown option
 *   or a wrong value.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { GatedSAE, sparsityReport } from 'gated-sae-tfjs';
 * const sae = new GatedSAE({ inputDim: 8, encodingDim: 32 });
 * const { l0Mean, alive } = await sparsityReport(sae, tf.randomUniform([100, 8]));
 * console.log(l0Mean, alive);
 * ```
 */
export async function sparsityReport(
  model: SAEModel,
  x: Rows,
  args: SparsityReportArgs = {},
): Promise<SparsityReport> {
  const { batchSize, k } = checkOptions('sparsityReport', RULES, args);
  assertDictionary('sparsityReport', model);
  const nFeatures = model.encodingDim;
  const l0: number[] = [];
  const total = new Float64Array(nFeatures); // activation per feature, over all rows
  for await (const batch of rowBatches('sparsityReport', x, model.inputDim, batchSize)) {
    const { indices, values, rowOffsets } = await model.encodeSparse(batch);
    for (let row = 1; row < rowOffsets.length; row++) {
      l0.push((rowOffsets[row] as number) - (rowOffsets[row - 1] as number));
    }
    for (let i = 0; i < indices.length; i++) {
      const feature = indices[i] as number;
      total[feature] = (total[feature] as number) + (values[i] as number);
    }
  }

  // Codes are never below 0: a feature has fired if its sum is above 0.
  const alive = total.reduce((count, sum) => count + (sum > 0 ? 1 : 0), 0);
  const topk = Math.min(k, nFeatures);
  const all = total.reduce((a, b) => a + b, 0);
  const top = total
    .sort()
    .slice(-topk)
    .reduce((a, b) => a + b, 0);
  return {
    l0Mean: l0.reduce((a, b) => a + b, 0) / l0.length,
    l0Median: median(l0),
    alive,
    dead: nFeatures - alive,
    nFeatures,
    aliveFrac: alive / nFeatures,
    topk,
    topkShare: all > 0 ? top / all : 0,
  };
}

function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] as number;
  const high = sorted[Math.floor(middle)] as number;
  return (low + high) / 2;
}
