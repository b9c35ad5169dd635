import { wrongOption } from '../errors';
import { checkOptions, type Rules, text } from '../options';
import { GRID, GROUND, INK, LABEL, MAIN, TICK, TITLE, WIDTH } from './chartStyle';
import type { Figure } from './figure';
import { listOf, maybe, objectOf, value } from './form';
import { element, type Markup } from './svg/element';
import { line, type NameLine, nameLine, type TextStyle } from './svg/line';
import { picture } from './svg/picture';
import { textWidth } from './svg/textWidth';
import { linearTicks, tickText, tickTexts } from './svg/ticks';

/** A metric of a model with a dictionary spliced in. */
export interface DrawnCost {
  /** The metric's name. */
  readonly metric: string;
  /** The value for the unedited model. */
  readonly original: number;
  /** The value with the dictionary. */
  readonly spliced: number;
  /** The share that remains, relative to activations of 0; null if undefined. */
  readonly recoveredFromZero: number | null;
  /** The share that remains, relative to the mean of activations; null if undefined. */
  readonly recoveredFromMean: number | null;
}

/** The effects of features that are drawn. */
export interface DrawnEffects {
  /** The effect on the task's metric, by feature. */
  readonly metric?: ArrayLike<number>;
}

/** The part of `evaluateSplice`'s result that is drawn. */
export interface DrawnSplice {
  /** The dictionary's name. */
  readonly name: string;
  /** The name of the layer that it is spliced after. */
  readonly layer: string;
  /** The metrics, the task's own first. */
  readonly costs: readonly DrawnCost[];
  /** The number of examples on which each feature fires. */
  readonly fires: ArrayLike<number>;
  /** The effect of each feature on the task's metric, measured by turning it off. */
  readonly byAblation?: DrawnEffects;
  /** The same by gradient × activation. */
  readonly byGradient?: DrawnEffects;
}

/** Options of {@link drawSplice}. */
export interface DrawSpliceArgs {
  /** The title; "What the dictionary costs the model" by default. */
  title?: string;
  /** The number of features with a bar; 12 by default. */
  top?: number;
}

const RULES: Rules<DrawSpliceArgs> = {
  title: { ...text, fallback: 'What the dictionary costs the model' },
  top: {
    expected: 'an integer in 1..40',
    accepts: (v) => Number.isSafeInteger(v) && Number(v) >= 1 && Number(v) <= 40,
    fallback: 12,
  },
};
const isNumber = value('a finite number', Number.isFinite);
const share = value('a finite number or null', (v) => v === null || Number.isFinite(v));
const isText = value('a text', (v) => typeof v === 'string');
const numbers = value(
  'a list of finite numbers',
  (v) =>
    (Array.isArray(v) || ArrayBuffer.isView(v)) && Array.prototype.every.call(v, Number.isFinite),
);
const effects = maybe(objectOf({ metric: maybe(numbers) }));
const EVALUATION = objectOf({
  ...{ name: isText, layer: isText, fires: numbers },
  ...{ byAblation: effects, byGradient: effects },
  costs: listOf(
    objectOf({
      ...{ metric: isText, original: isNumber, spliced: isNumber },
      ...{ recoveredFromZero: share, recoveredFromMean: share },
    }),
  ),
});

const PLOT = { left: 236, right: WIDTH - 92 };
const FROM_MEAN = '#8fb8cc';
const GRADIENT = '#b45309';
const HEADING = { size: 13, fill: INK, bold: true };
const COST = { top: 128, height: 46, bar: 14 };
const FEATURE = { height: 20, bar: 11 };
/** Shares below this one are drawn as this one; the number is printed beside it. */
const LEAST_SHARE = -0.25;

/**
 * Draws what a dictionary costs its model: how much of each metric remains, relative to activations
 * of 0 and to their mean, and the features with the largest effects on the task's metric.
 *
 * @param evaluation the result of `evaluateSplice`
 * @param args `title`, and `top`: the number of features
 * @returns the picture; there is nothing to dispose.
 * @throws SAE_OPTION if it is not an evaluation, for an unknown option or a wrong value.
 * @example
 * ```ts
 * import { drawSplice } from 'gated-sae-tfjs';
 * const cost = { metric: 'cross-entropy', original: 0.21, spliced: 0.24 };
 * const figure = drawSplice({
 *   name: 'sae',
 *   layer: 'conv',
 *   costs: [{ ...cost, recoveredFromZero: 0.98, recoveredFromMean: 0.97 }],
 *   fires: [12, 80],
 *   byAblation: { metric: [-0.02, 0.004] },
 * });
 * console.log(figure.toSVG().length);
 * ```
 */
export function drawSplice(evaluation: DrawnSplice, args: DrawSpliceArgs = {}): Figure {
  const { title, top } = checkOptions<DrawSpliceArgs>('drawSplice', RULES, args);
  const misfit = EVALUATION(evaluation);
  if (misfit) {
    const advice = 'Give what evaluateSplice gives.';
    const where = `drawSplice.evaluation${misfit.path}`;
    throw wrongOption(where, misfit.expected, misfit.received, advice);
  }
  const { costs, name, layer } = evaluation;
  const features = strongest(evaluation, top);
  const costsEnd = COST.top + costs.length * COST.height;
  const start = costsEnd + 106;
  const featuresEnd = start + features.length * FEATURE.height;
  const height = features.length > 0 ? featuresEnd + 60 : costsEnd + 44;
  const metric = costs[0]?.metric ?? '';
  return picture(
    { width: WIDTH, height, title, ground: GROUND, description: describe(costs) },
    line(title, 24, 32, TITLE, 'start'),
    namedFromLeft({ name: `${name}, behind ${layer}`, y: 56, room: WIDTH - 48 }, TICK),
    line('Recovered: 1 is nothing lost, 0 no better than', 24, 88, HEADING, 'start'),
    ...legend(386, 88, [
      [MAIN, 'activations of 0'],
      [FROM_MEAN, 'their mean'],
    ]),
    ...costRows(costs, costsEnd),
    ...(features.length > 0
      ? [
          namedFromLeft(
            { before: 'What features add to ', name: metric, y: start - 34, room: 340 },
            HEADING,
          ),
          ...legend(386, start - 34, [
            ...(evaluation.byAblation?.metric ? ([[MAIN, 'turned off']] as const) : []),
            ...(evaluation.byGradient?.metric ? ([[GRADIENT, 'by gradient']] as const) : []),
          ]),
          ...featureRows(features, start, featuresEnd),
        ]
      : []),
  );
}

/** Returns a line of untrusted text that begins at the margin. */
function namedFromLeft(given: Omit<NameLine, 'x'>, style: TextStyle): Markup {
  const { before = '', name, room: most } = given;
  const room = Math.min(most, textWidth(before + name, style.size, style.bold) + 4);
  return nameLine({ ...given, x: 22 + room / 2, room }, style);
}

function legend(x: number, y: number, entries: readonly (readonly [string, string])[]): Markup[] {
  return entries.flatMap(([fill, name], i) => [
    element('rect', { x: x + i * 160, y: y - 10, width: 11, height: 11, fill }),
    line(name, x + i * 160 + 17, y, LABEL, 'start'),
  ]);
}

/** Returns one row per metric: its values, and a bar for each kind of ablation. */
function costRows(costs: readonly DrawnCost[], end: number): Markup[] {
  const shares = costs.flatMap((one) => [one.recoveredFromZero ?? 0, one.recoveredFromMean ?? 0]);
  const from = Math.max(LEAST_SHARE, Math.min(0, ...shares));
  const to = Math.min(1.25, Math.max(1, ...shares));
  const at = placed(from, to);
  return [
    ...axis(linearTicks(from, to), at, COST.top - 8, end),
    ...costs.flatMap((cost, i) => {
      const y = COST.top + i * COST.height;
      const values = `${tickText(cost.original)} → ${tickText(cost.spliced)}`;
      return [
        nameLine(
          { name: cost.metric, x: 24 + 100, y: y + 11, room: 200 },
          { ...LABEL, bold: true },
        ),
        line(values, 24 + 100, y + 27, TICK),
        ...[cost.recoveredFromZero, cost.recoveredFromMean].flatMap((one, j) => {
          const top = y + j * (COST.bar + 2);
          const shown = one === null ? '–' : tickText(one);
          const x = at(Math.min(to, Math.max(from, one ?? 0)));
          const fill = j === 0 ? MAIN : FROM_MEAN;
          return [
            bar(at(0), x, top, COST.bar, fill),
            line(shown, Math.max(x, at(0)) + 6, top + COST.bar - 3, TICK, 'start'),
          ];
        }),
      ];
    }),
    rule(at(0), COST.top - 8, at(0), end, INK),
  ];
}

/** A feature and its effect on the task's metric. */
interface DrawnFeature {
  readonly feature: number;
  readonly fires: number;
  readonly ablation: number | undefined;
  readonly gradient: number | undefined;
}

/** Returns the features with the largest effects, measured if available, otherwise estimated. */
function strongest(evaluation: DrawnSplice, top: number): DrawnFeature[] {
  const { fires, byAblation, byGradient } = evaluation;
  const all = Array.from(fires, (count, feature) => ({
    ...{ feature, fires: count },
    ablation: byAblation?.metric?.[feature],
    gradient: byGradient?.metric?.[feature],
  }));
  const size = ({ ablation, gradient }: DrawnFeature) => Math.abs(ablation ?? gradient ?? 0);
  return all
    .filter((one) => size(one) > 0)
    .sort((a, b) => size(b) - size(a) || a.feature - b.feature)
    .slice(0, top);
}

function featureRows(features: readonly DrawnFeature[], start: number, end: number): Markup[] {
  const values = features.flatMap(({ ablation = 0, gradient = 0 }) => [ablation, gradient]);
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const room = 0.05 * (high - low);
  const at = placed(low < 0 ? low - room : 0, high > 0 ? high + room : 0);
  return [
    ...axis(linearTicks(low, high), at, start - 6, end),
    ...features.flatMap(({ feature, fires, ablation, gradient }, i) => {
      const y = start + i * FEATURE.height;
      const middle = y + FEATURE.bar / 2;
      return [
        line(`feature ${feature}`, 24, y + 10, LABEL, 'start'),
        line(`on ${fires}`, PLOT.left - 16, y + 10, TICK, 'end'),
        ...(ablation === undefined ? [] : [bar(at(0), at(ablation), y, FEATURE.bar, MAIN)]),
        ...(gradient === undefined
          ? []
          : [
              element('circle', {
                ...{ cx: at(gradient), cy: middle, r: 4.5, fill: GRADIENT },
                ...{ stroke: GROUND, 'stroke-width': 1.5 },
              }),
            ]),
      ];
    }),
    rule(at(0), start - 6, at(0), end, INK),
  ];
}

const placed =
  (from: number, to: number) =>
  (value: number): number =>
    PLOT.left + ((value - from) / (to - from)) * (PLOT.right - PLOT.left);

function axis(
  ticks: readonly number[],
  at: (value: number) => number,
  top: number,
  end: number,
): Markup[] {
  const texts = tickTexts(ticks);
  return ticks.flatMap((tick, i) => [
    rule(at(tick), top, at(tick), end, GRID),
    line(texts[i] ?? '', at(tick), end + 18, TICK),
  ]);
}

const bar = (from: number, to: number, y: number, height: number, fill: string) =>
  element('rect', { x: Math.min(from, to), y, width: Math.abs(to - from), height, fill });

const rule = (x1: number, y1: number, x2: number, y2: number, stroke: string) =>
  element('line', { x1, y1, x2, y2, stroke });

const describe = (costs: readonly DrawnCost[]) =>
  `${costs
    .map(({ metric, original, spliced, recoveredFromZero, recoveredFromMean }) => {
      const shares = [recoveredFromZero, recoveredFromMean].map((one) =>
        one === null ? 'unknown' : tickText(one),
      );
      return `${metric}: ${tickText(original)} becomes ${tickText(spliced)}, recovered ${shares.join(' and ')}`;
    })
    .join('; ')}.`;
