import * as tf from '@tensorflow/tfjs-core';
import { wrongOption } from '../../errors';
import type { SparseCodes } from '../../kernels/sparseCodes';
import { STREAM_RULES } from '../../models/args';
import { aFunction, optional, type Rule, type Rules, seedRule } from '../../options';
import { METRIC_GROUPS, type MetricGroup } from './groups';

/** Options of `evaluateSAE` and `compareSAEs`. */
export interface EvaluateArgs {
  /**
   * The groups of metrics: `'sparsity'`, `'reconstruction'`, `'weights'`, `'probing'` (needs
   * labels), and `'truth'` (needs trueFeatures). By default all groups whose data is given.
   */
  metrics?: readonly MetricGroup[];
  /** The class of each row, an integer from 0 on, for sparse probing; none by default. */
  labels?: ArrayLike<number>;
  /** An integer from 0 to 2³² − 1 that determines which rows are probed; 42 by default. */
  seed?: number;
  /**
   * The class of each row's position, such as `'first'`, `'padding'` and `'other'`: the metrics of
   * rows are then reported per class too. None by default.
   */
  positions?: readonly string[];
  /**
   * The directions that the data was generated from, `[trueFeatures, outputDim]`; none by default.
   */
  trueFeatures?: tf.Tensor2D;
  /**
   * The amount of each direction in each row: `[rows, trueFeatures]`, or sparse like the codes of
   * `encodeSparse`; none by default.
   */
  trueCodes?: tf.Tensor2D | SparseCodes;
  /** Rows that are encoded at a time; 512 by default. A dataset has its own batches. */
  batchSize?: number;
  /**
   * Called after each batch; not set by default.
   *
   * @param rowsDone the number of rows read so far
   */
  onProgress?: (rowsDone: number) => void;
}

/** The checked options. */
export type CheckedArgs = Required<Pick<EvaluateArgs, 'seed' | 'batchSize'>> &
  Pick<EvaluateArgs, 'labels' | 'positions' | 'trueFeatures' | 'trueCodes' | 'onProgress'> & {
    readonly groups: ReadonlySet<MetricGroup>;
  };

/** The option that each of these groups needs. */
const NEEDS = { probing: 'labels', truth: 'trueFeatures' } as const;
const SEED = 42;
/** The most classes of positions; each has its own sums. */
const MOST_POSITIONS = 100;

const metrics: Rule<readonly MetricGroup[]> = {
  expected: `a list of ${METRIC_GROUPS.map((group) => `"${group}"`).join(', ')}`,
  accepts: (v) =>
    Array.isArray(v) && v.length > 0 && v.every((group) => METRIC_GROUPS.includes(group)),
};
const labels: Rule<ArrayLike<number>> = {
  expected: 'a list of integers',
  accepts: (v) =>
    typeof v === 'object' && v !== null && Number.isSafeInteger((v as { length?: unknown }).length),
};
const positions: Rule<readonly string[]> = {
  expected: `a list of strings, of at most ${MOST_POSITIONS} classes`,
  accepts: (v) =>
    Array.isArray(v) &&
    v.every((position) => typeof position === 'string') &&
    new Set(v).size <= MOST_POSITIONS,
};
const trueFeatures: Rule<tf.Tensor2D> = {
  expected: 'a tensor [trueFeatures, outputDim]',
  accepts: (v) => v instanceof tf.Tensor && v.rank === 2 && v.size > 0,
};
const trueCodes: Rule<tf.Tensor2D | SparseCodes> = {
  expected: 'a tensor [rows, trueFeatures], or sparse codes',
  accepts: (v) => typeof v === 'object' && v !== null,
};

export const EVALUATE_ARGS: Rules<EvaluateArgs> = {
  ...STREAM_RULES,
  metrics: optional(metrics),
  labels: optional(labels),
  seed: { ...seedRule, fallback: SEED },
  positions: optional(positions),
  trueFeatures: optional(trueFeatures),
  trueCodes: optional(trueCodes),
  onProgress: optional(aFunction<NonNullable<EvaluateArgs['onProgress']>>()),
};

/**
 * Returns checked options with the groups that they select.
 *
 * @throws SAE_OPTION for a group whose data is missing, or for codes without directions.
 */
export function withGroups(where: string, args: Required<EvaluateArgs>): CheckedArgs {
  const { metrics, ...others } = args;
  const given = (group: MetricGroup) =>
    !(group in NEEDS) || args[NEEDS[group as keyof typeof NEEDS]] !== undefined;
  const groups = new Set<MetricGroup>(metrics ?? METRIC_GROUPS.filter(given));
  for (const group of groups) {
    if (given(group)) continue;
    const need = NEEDS[group as keyof typeof NEEDS];
    const expected = `something for "${group}" to be measured with`;
    throw wrongOption(`${where}.${need}`, expected, undefined, `Give ${need}, or leave it out.`);
  }
  if (args.trueCodes !== undefined && args.trueFeatures === undefined) {
    const expected = 'the directions that trueCodes are of';
    const advice = 'Give trueFeatures, or leave trueCodes out.';
    throw wrongOption(`${where}.trueFeatures`, expected, undefined, advice);
  }
  return { ...others, groups };
}
