import * as Plot from '@observablehq/plot';
import { FAINT, GATED, INK, panels, RELU } from './ink';

const DIRECTIONS = Array.from({ length: 5 }, (_, i) => {
  const angle = Math.PI / 2 + (2 * Math.PI * i) / 5;
  return { feature: `d${'₁₂₃₄₅'[i]}`, x: Math.cos(angle), y: Math.sin(angle) };
});
/** The input of the right panel: its active features, and how much of each. */
const ACTIVE = [
  [0, 0.9],
  [4, 0.6],
] as const;

const arrow = (from: readonly number[], to: readonly number[], stroke: string, more = {}) =>
  Plot.arrow([{ from, to }], {
    x1: (d) => d.from[0],
    y1: (d) => d.from[1],
    x2: (d) => d.to[0],
    y2: (d) => d.to[1],
    stroke,
    strokeWidth: 2,
    ...more,
  });
const square = {
  aspectRatio: 1,
  x: { domain: [-1.35, 2.1], axis: null },
  y: { domain: [-1.2, 1.45], axis: null },
};
const all = (stroke: string) => DIRECTIONS.map(({ x, y }) => arrow([0, 0], [x, y], stroke));
const names = (fill: string) =>
  Plot.text(DIRECTIONS, {
    x: (d) => 1.16 * d.x,
    y: (d) => 1.16 * d.y,
    text: 'feature',
    fill,
    fontSize: 15,
  });

/** Five directions in a plane, and an input that is made of two of them. */
export async function superposition() {
  const steps = ACTIVE.map(([i, code]) => {
    const { x, y } = DIRECTIONS[i] as (typeof DIRECTIONS)[number];
    return [code * x, code * y] as const;
  });
  const [first, second] = steps as [readonly [number, number], readonly [number, number]];
  const sum = [first[0] + second[0], first[1] + second[1]];
  const svg = panels('Five features in two dimensions', 300, 360, [
    {
      heading: 'Five features in two dimensions',
      plot: { ...square, marks: [...all(GATED), names(INK)] },
    },
    {
      heading: 'An input with two of them',
      plot: {
        ...square,
        marks: [
          ...all('#d5dae0'),
          names(FAINT),
          arrow([0, 0], first, GATED),
          arrow(first, sum, GATED),
          arrow([0, 0], sum, RELU, { strokeWidth: 2.5 }),
          Plot.text(['x = 0.9 d₁ + 0.6 d₅'], {
            x: () => (sum[0] as number) + 0.1,
            textAnchor: 'start',
            y: () => sum[1],
            fill: RELU,
            fontSize: 14,
          }),
        ],
      },
    },
  ]);
  return { 'superposition.svg': svg };
}
