import * as Plot from '@observablehq/plot';
import { FAINT, GATE, GATED, panels, RELU } from './ink';

/** What a feature's row of W_gate finds in an input, before any bias. */
const PRODUCTS = Array.from({ length: 601 }, (_, i) => -1 + i / 150);
/** Where both features begin to fire. */
const THRESHOLD = 1;

const curve = (code: (product: number) => number, stroke: string, more = {}) =>
  Plot.line(
    PRODUCTS.map((product) => ({ product, code: code(product) })),
    { x: 'product', y: 'code', stroke, strokeWidth: 2, ...more },
  );
const label = (text: string, x: number, y: number, fill: string) =>
  Plot.text([text], { x: () => x, y: () => y, fill, textAnchor: 'start', fontSize: 13 });
const axes = {
  marginBottom: 44,
  x: {
    label: 'what the feature finds in the input: p →',
    domain: [-1, 3],
    ticks: [0, 1, 2, 3],
    tickFormat: 'd',
  },
  y: { label: null, domain: [0, 3], ticks: [0, 1, 2, 3], tickFormat: 'd' },
};
const exact = curve((p) => p, FAINT, { strokeDasharray: '3,4', clip: true });

/** A code as a function of the product: of a ReLU SAE, and of the two paths of a Gated SAE. */
export async function paths() {
  const relu = (p: number) => Math.max(0, p - THRESHOLD);
  const gate = (p: number) => Number(p > THRESHOLD);
  const magnitude = (p: number) => Math.max(0, p);
  const svg = panels('A code as a function of the product', 260, 340, [
    {
      heading: 'ReLU SAE: one path',
      plot: {
        ...axes,
        marks: [
          exact,
          curve(relu, RELU),
          Plot.ruleX([2.4], { y1: relu(2.4), y2: 2.4, stroke: FAINT }),
          label('shrunk', 1.72, 2.62, FAINT),
          label('relu(p − 1)', 1.75, 0.4, RELU),
        ],
      },
    },
    {
      heading: 'Gated SAE: two paths',
      plot: {
        ...axes,
        marks: [
          exact,
          curve(gate, GATE, { curve: 'step' }),
          curve(magnitude, GATED, { strokeDasharray: '6,3' }),
          label('gate', 2.3, 1.15, GATE),
          label('magnitude', 0.75, 2.3, GATED),
        ],
      },
    },
    {
      heading: 'Gated SAE: the code',
      plot: {
        ...axes,
        marks: [
          exact,
          curve((p) => gate(p) * magnitude(p), GATED, { curve: 'step-before' }),
          label('gate × magnitude', -0.2, 2.4, GATED),
        ],
      },
    },
  ]);
  return { 'gate-and-magnitude.svg': svg };
}
