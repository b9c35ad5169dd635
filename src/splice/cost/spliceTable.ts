import { wrongOption } from '../../errors';
import { isObject } from '../../plainData';
import type { SpliceEffects } from './effects';
import type { SpliceEvaluation } from './spliceEvaluation';

const GAP = '   ';
/** The number of features that get a line. */
const MOST_FEATURES = 10;

const digits = (value: number | null | undefined): string =>
  value === null || value === undefined ? '–' : String(Number(value.toPrecision(4)));

/**
 * Formats the cost of a dictionary as text: one line per metric, then the ten features with the
 * largest contributions to the task's metric, each with the class that it contributes most to.
 *
 * @param evaluation the result of {@link evaluateSplice}
 * @returns lines, each with its line end
 * @throws SAE_OPTION for anything else.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { evaluateSplice, GatedSAE, hookedModel, spliceTable } from 'gated-sae-tfjs';
 * const w = tf.randomNormal([8, 3]) as tf.Tensor2D;
 * const model = hookedModel((x, hook) => tf.softmax(tf.matMul(hook('in', x as tf.Tensor2D) as tf.Tensor2D, w)));
 * const sae = new GatedSAE({ inputDim: 8, encodingDim: 16 });
 * const rows = tf.randomUniform([20, 8]);
 * console.log(spliceTable(await evaluateSplice(model, 'in', sae, rows, { outputs: 'probabilities' })));
 * ```
 */
export function spliceTable(evaluation: SpliceEvaluation): string {
  const { costs, fires } = (evaluation ?? {}) as Partial<SpliceEvaluation>;
  if (!Array.isArray(costs) || !costs.every(isObject) || fires === undefined) {
    const advice = 'Give what evaluateSplice gives.';
    throw wrongOption('spliceTable.evaluation', 'an evaluation', evaluation, advice);
  }
  const lines = [
    ['metric', 'original', 'spliced', 'zeros', 'mean', 'recovered: zeros', 'mean'],
    ...costs.map((cost) => [
      cost.metric,
      ...[cost.original, cost.spliced, cost.zeroAblated, cost.meanAblated].map(digits),
      ...[cost.recoveredFromZero, cost.recoveredFromMean].map(digits),
    ]),
  ];
  const features = featureLines(evaluation);
  return `${aligned(lines)}${features.length > 0 ? `\n${aligned(features)}` : ''}`;
}

function featureLines({ costs, fires, byAblation, byGradient }: SpliceEvaluation): string[][] {
  const effects = byAblation ?? byGradient;
  if (effects === undefined) return [];
  const { metric } = costs[0];
  const columns: [string, SpliceEffects][] = [];
  if (byAblation?.metric) columns.push([`${metric} by ablation`, byAblation]);
  if (byGradient?.metric) columns.push([`${metric} by gradient`, byGradient]);
  const head = ['feature', 'examples', ...columns.map(([name]) => name), 'most on', 'by'];
  const lines = strongest(effects, fires).map((feature) => {
    const [name, value] = mostOn(effects, feature);
    const ofMetric = columns.map(([, { metric: by }]) => digits(by?.[feature]));
    return [String(feature), String(fires[feature]), ...ofMetric, name, digits(value)];
  });
  return lines.length > 0 ? [head, ...lines] : [];
}

/**
 * Returns the firing features that contribute most to the metric, or, if that is unknown, to a
 * class.
 */
function strongest(effects: SpliceEffects, fires: Uint32Array): number[] {
  const size = (feature: number) =>
    Math.abs(effects.metric ? (effects.metric[feature] ?? 0) : mostOn(effects, feature)[1]);
  const sizes = Array.from(fires, (_, feature) => size(feature));
  return sizes
    .map((_, feature) => feature)
    .filter((feature) => (sizes[feature] as number) > 0)
    .sort((a, b) => (sizes[b] as number) - (sizes[a] as number) || a - b)
    .slice(0, MOST_FEATURES);
}

/** Returns the class on which a feature has the largest effect, of either sign. */
function mostOn({ classNames, values }: SpliceEffects, feature: number): [string, number] {
  const start = feature * classNames.length;
  let most = 0;
  for (let i = 1; i < classNames.length; i++) {
    if (Math.abs(values[start + i] ?? 0) > Math.abs(values[start + most] ?? 0)) most = i;
  }
  return [classNames[most] ?? '', values[start + most] ?? 0];
}

function aligned(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, i) =>
    Math.max(...lines.map((line) => (line[i] ?? '').length)),
  );
  return lines
    .map((line) => {
      const cells = line.map((cell, i) => {
        const width = widths[i] ?? 0;
        return i === 0 ? cell.padEnd(width) : cell.padStart(width);
      });
      return `${cells.join(GAP).trimEnd()}\n`;
    })
    .join('');
}
