import { wrongOption } from '../errors';
import { checkOptions, type Rules, text } from '../options';
import { GRID, GROUND, INK, LABEL, MAIN, TICK, TITLE, WIDTH } from './chartStyle';
import type { Figure } from './figure';
import { listOf, objectOf, value } from './form';
import { placeLabels } from './frontLabels';
import { element, type Markup } from './svg/element';
import { emptyPicture } from './svg/emptyPicture';
import { line, nameLine } from './svg/line';
import { picture } from './svg/picture';
import { linearTicks, logTicks, tickText, tickTexts } from './svg/ticks';

/** A dictionary in the picture of the front. */
export interface DrawnPoint {
  /** The label of the point. */
  readonly name: string;
  /** Mean number of active features per row. */
  readonly l0: number;
  /** The share of variance explained, at most 1. */
  readonly explainedVariance: number;
  /** Whether the line passes through it. */
  readonly isBest: boolean;
}

/** Options of {@link drawFront}. */
export interface FrontArgs {
  /** The title; "Explained variance against L0" by default. */
  title?: string;
}

const RULES: Rules<FrontArgs> = { title: { ...text, fallback: 'Explained variance against L0' } };
const isNumber = value('a finite number', Number.isFinite);
const POINTS = listOf(
  objectOf({
    name: value('a text', (v) => typeof v === 'string'),
    l0: value('a finite number ≥ 0', (v) => Number.isFinite(v) && Number(v) >= 0),
    explainedVariance: isNumber,
    isBest: value('true or false', (v) => typeof v === 'boolean'),
  }),
);

const HEIGHT = 480;
const PLOT = { left: 96, right: WIDTH - 28, top: 72, bottom: HEIGHT - 62 };
const OTHER = '#7b8794';
const AXIS = { size: 13, fill: INK };
const RADIUS = 5;
/** The margin around the points, as a share of their range. */
const ROOM = 0.12;
/** A logarithmic axis is used if the values span at least this factor. */
const LOG_SPAN = 10;

/** An axis: the position of a value, and the labelled values. */
interface Axis {
  at(value: number): number;
  readonly ticks: readonly number[];
}

/**
 * Draws dictionaries as points: active features per row against explained variance, with a line
 * through those on the front. Points further up and further left are better.
 *
 * @param points the `front` of a result of `compareSAEs`
 * @param args `title`
 * @returns the picture; there is nothing to dispose.
 * @throws SAE_OPTION for invalid points, an unknown option or a wrong value.
 * @example
 * ```ts
 * import { drawFront } from 'gated-sae-tfjs';
 * const figure = drawFront([
 *   { name: 'small', l0: 8, explainedVariance: 0.71, isBest: true },
 *   { name: 'large', l0: 40, explainedVariance: 0.93, isBest: true },
 * ]);
 * console.log(figure.toSVG().length);
 * ```
 */
export function drawFront(points: readonly DrawnPoint[], args: FrontArgs = {}): Figure {
  const { title } = checkOptions<FrontArgs>('drawFront', RULES, args);
  const misfit = POINTS(points);
  if (misfit) {
    const advice = 'Give the front of a comparison, as compareSAEs gives it.';
    throw wrongOption(`drawFront.points${misfit.path}`, misfit.expected, misfit.received, advice);
  }
  if (points.length === 0) {
    const reason = 'No dictionary has both an L0 and an explained variance.';
    const styles = { titleStyle: TITLE, reasonStyle: LABEL, ground: GROUND };
    return emptyPicture({ title, reason, ...styles });
  }
  const x = activeAxis(points.map(({ l0 }) => l0));
  const y = varianceAxis(points.map(({ explainedVariance }) => explainedVariance));
  const drawn = points.map((point) => ({
    ...{ name: point.name, isBest: point.isBest },
    ...{ x: x.at(point.l0), y: y.at(point.explainedVariance) },
  }));
  const front = drawn.filter(({ isBest }) => isBest).sort((a, b) => a.x - b.x || b.y - a.y);
  return picture(
    { width: WIDTH, height: HEIGHT, title, ground: GROUND, description: describe(points) },
    line(title, PLOT.left, 30, TITLE, 'start'),
    line('Further up and further left is better. Line: the front.', PLOT.left, 52, TICK, 'start'),
    ...xAxis(x),
    ...yAxis(y),
    frontLine(front),
    ...drawn.map(({ x, y, isBest }) =>
      element('circle', { cx: x, cy: y, r: RADIUS, fill: isBest ? MAIN : OTHER }),
    ),
    ...placeLabels(drawn, front, PLOT, { size: LABEL.size, radius: RADIUS }).map((label) =>
      nameLine(label, LABEL),
    ),
  );
}

function frontLine(best: readonly { x: number; y: number }[]): Markup {
  const points = best.map(({ x, y }) => `${x.toFixed(2)},${y.toFixed(2)}`).join(' ');
  return element('polyline', { points, fill: 'none', stroke: MAIN, 'stroke-width': 1.5 });
}

/** Returns the axis from few features to many, logarithmic if they span a wide range. */
function activeAxis(values: readonly number[]): Axis {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const isLog = low > 0 && high / low >= LOG_SPAN;
  const scale = isLog ? Math.log10 : (value: number) => value;
  const [from, to] = widened(scale(low), scale(high), Math.abs(scale(high)) || 1);
  const first = isLog ? from : Math.max(0, from);
  const ticks = isLog ? logTicks(10 ** from, 10 ** to) : linearTicks(first, to);
  return { at: placed(first, to, [PLOT.left, PLOT.right], scale), ticks };
}

function varianceAxis(values: readonly number[]): Axis {
  const [from, to] = widened(Math.min(...values), Math.max(...values), 0.1);
  return { at: placed(from, to, [PLOT.bottom, PLOT.top]), ticks: linearTicks(from, to) };
}

/**
 * Returns a range with a margin on either side; around a single value, a range of a given width.
 */
function widened(low: number, high: number, alone: number): [number, number] {
  const room = high > low ? ROOM * (high - low) : alone / 2;
  return [low - room, high + room];
}

const placed =
  (
    from: number,
    to: number,
    [start, end]: readonly [number, number],
    scale = (value: number) => value,
  ) =>
  (value: number) =>
    start + ((scale(value) - from) / (to - from)) * (end - start);

function xAxis({ at, ticks }: Axis): Markup[] {
  const middle = (PLOT.left + PLOT.right) / 2;
  const texts = tickTexts(ticks);
  return [
    ...ticks.flatMap((tick, i) => [
      rule(at(tick), PLOT.top, at(tick), PLOT.bottom, GRID),
      line(texts[i] ?? '', at(tick), PLOT.bottom + 20, TICK),
    ]),
    rule(PLOT.left, PLOT.bottom, PLOT.right, PLOT.bottom, INK),
    line('L0 (features active on a row, mean)', middle, PLOT.bottom + 46, AXIS),
  ];
}

function yAxis({ at, ticks }: Axis): Markup[] {
  const middle = (PLOT.top + PLOT.bottom) / 2;
  const texts = tickTexts(ticks);
  const turned = { transform: `rotate(-90 22 ${middle})` };
  return [
    ...ticks.flatMap((tick, i) => [
      rule(PLOT.left, at(tick), PLOT.right, at(tick), GRID),
      line(texts[i] ?? '', PLOT.left - 8, at(tick) + 4, TICK, 'end'),
    ]),
    rule(PLOT.left, PLOT.top, PLOT.left, PLOT.bottom, INK),
    element('g', turned, line('explained variance (share of 1)', 22, middle, AXIS)),
  ];
}

const rule = (x1: number, y1: number, x2: number, y2: number, stroke: string) =>
  element('line', { x1, y1, x2, y2, stroke });

const describe = (points: readonly DrawnPoint[]) =>
  `${points
    .map(({ name, l0, explainedVariance, isBest }) => {
      const numbers = `L0 ${tickText(l0)}, explained variance ${tickText(explainedVariance)}`;
      return `${name}: ${numbers}${isBest ? ', on the front' : ''}`;
    })
    .join('; ')}.`;
