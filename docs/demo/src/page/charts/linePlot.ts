import * as Plot from '@observablehq/plot';
import { short } from '../numbers';
import type { Chart } from './chart';
import type { SparsityChange } from './history';

const HEIGHT = 130;
const COLOURS = 4;

/** The colour of a chart's i-th curve: a name in the page's style sheet. */
export const curveName = (i: number) => `curve-${i % COLOURS}`;

/** A chart as a picture, and where a step is in it, in pixels. */
export interface LinePlot {
  svg: SVGSVGElement;
  xOf(step: number): number;
  stepAt(x: number): number;
}

/**
 * A chart as a picture.
 *
 * @param width in pixels
 * @param label what it shows, in words
 */
export function linePlot(
  { curves, scale, marks, tick }: Chart,
  width: number,
  label: string,
): LinePlot {
  const points = curves.flatMap(({ points: some }, i) =>
    some.map((point) => ({ ...point, colour: `var(--${curveName(i)})` })),
  );
  const log = scale === 'log';
  const shown = log ? points.filter(({ value }) => value > 0) : points;
  const plot = Plot.plot({
    width,
    height: HEIGHT,
    marginTop: 10,
    marginRight: 12,
    marginBottom: 28,
    marginLeft: 42,
    style: { background: 'none', overflow: 'visible' },
    x: { label: null, ticks: Math.min(5, width / 70), tickFormat: ',d' },
    y: {
      label: null,
      type: scale,
      zero: !log,
      ticks: 4,
      tickFormat: (value: number) => (log && !isRound(value) ? '' : tick(value)),
    },
    color: { type: 'identity' },
    marks: [
      Plot.gridY({ ticks: 4, stroke: 'var(--ink)', strokeOpacity: 0.12 }),
      Plot.ruleX(marks, { x: 'step', stroke: 'var(--soft)', strokeDasharray: '3,3' }),
      Plot.text(marks, {
        x: 'step',
        text: ({ by, value }: SparsityChange) => `${by === 'l0' ? 'L0' : 'λ'} ${short(value)}`,
        frameAnchor: 'top',
        textAnchor: 'start',
        dx: 3,
      }),
      Plot.line(shown, {
        x: 'step',
        y: 'value',
        z: 'colour',
        stroke: 'colour',
        strokeWidth: 1.8,
      }),
      // A line through one point would not be seen.
      Plot.dot(shown.length === curves.length ? shown : [], {
        x: 'step',
        y: 'value',
        r: 2.5,
        fill: 'colour',
      }),
    ],
  }) as SVGSVGElement & Plot.Plot;
  // One picture with one name, not one of rules, lines and axes.
  for (const part of plot.querySelectorAll('[aria-label]')) part.removeAttribute('aria-label');
  plot.setAttribute('role', 'img');
  plot.setAttribute('aria-label', label);
  // Plot's own style sheet says what this page's does, and the page's policy lets no other in.
  for (const style of plot.querySelectorAll('style')) style.remove();
  const { apply, invert } = plot.scale('x') as Plot.Scale;
  return { svg: plot, xOf: apply, stepAt: (x) => invert?.(x) };
}

/** Of a logarithmic axis only these have room for a number: 1, 2, 5, 10, 20… */
function isRound(value: number): boolean {
  const digit = value / 10 ** Math.floor(Math.log10(value) + 1e-6);
  return [1, 2, 5].some((round) => Math.abs(digit - round) < 1e-6);
}
