import { wrongOption } from '../../../errors';
import { isObject } from '../../../plainData';
import type { Evaluation } from '../evaluation';
import type { Comparison } from './compareSAEs';

/** A column's name, and its text for a dictionary; undefined if it was not measured. */
type Column = readonly [name: string, of: (evaluation: Evaluation) => string | undefined];

const GAP = '   ';

const digits = (value: number | null | undefined, howMany = 4) => {
  if (value === undefined) return undefined;
  return value === null ? '–' : String(Number(value.toPrecision(howMany)));
};
const whole = (value: number | undefined) => value?.toLocaleString('en-US');
const probed = (k: number): Column => [
  `k=${k} accuracy`,
  ({ probing }) => probing && digits(probing.mean.find((mean) => mean.k === k)?.accuracy ?? null),
];

const COLUMNS: readonly Column[] = [
  ['class', ({ className }) => className],
  ['features', ({ features }) => whole(features)],
  ['L0', ({ sparsity }) => digits(sparsity?.l0Mean)],
  ['dead', ({ sparsity }) => whole(sparsity?.dead)],
  ['expl. variance', ({ reconstruction }) => digits(reconstruction?.explainedVariance)],
  ['MSE', ({ reconstruction }) => digits(reconstruction?.mse)],
  ['cosine', ({ reconstruction }) => digits(reconstruction?.cosine)],
  ['bias', ({ reconstruction }) => digits(reconstruction?.relativeReconstructionBias)],
  ['enc·dec', ({ weights }) => digits(weights?.encoderDecoderCosine)],
  ['max cosine', ({ weights }) => digits(weights?.maxDecoderCosine)],
  probed(1),
  probed(2),
  probed(5),
  ['MCC', ({ truth }) => digits(truth?.mcc)],
];

/**
 * Formats a comparison as text: one line per dictionary, one aligned column per measured metric.
 *
 * @param comparison the result of `compareSAEs`
 * @returns lines, each with its line end
 * @throws SAE_OPTION if it is not a comparison.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { compareSAEs, comparisonTable, ReluSAE, TopKSAE } from 'gated-sae-tfjs';
 * const relu = new ReluSAE({ inputDim: 8, encodingDim: 32 });
 * const topK = new TopKSAE({ inputDim: 8, encodingDim: 32, k: 4 });
 * console.log(comparisonTable(await compareSAEs({ relu, topK }, tf.randomUniform([100, 8]))));
 * ```
 */
export function comparisonTable(comparison: Pick<Comparison, 'evaluations'>): string {
  const { evaluations } = comparison ?? {};
  if (!Array.isArray(evaluations) || !evaluations.every(isObject)) {
    const advice = 'Give what compareSAEs gives.';
    throw wrongOption('comparisonTable.comparison', 'a comparison', comparison, advice);
  }
  const shown = COLUMNS.filter(([, of]) => evaluations.some((one) => of(one) !== undefined));
  const lines = [
    ['model', ...shown.map(([name]) => name)],
    ...evaluations.map((one) => [one.name, ...shown.map(([, of]) => of(one) ?? '')]),
  ];
  const widths = lines.reduce<number[]>(
    (most, line) => line.map((cell, i) => Math.max(most[i] ?? 0, cell.length)),
    [],
  );
  return lines
    .map((line) => {
      const cells = line.map((cell, i) => {
        // Names of models and classes are text, all other cells numbers.
        return i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0);
      });
      return `${cells.join(GAP).trimEnd()}\n`;
    })
    .join('');
}
