import * as Plot from '@observablehq/plot';
import { measured } from '../recipe/measured';
import { USUAL } from '../recipe/trial';
import { FAINT, GATED, INK, panels, RELU } from './ink';

/** What one dictionary came to. */
interface Point {
  architecture: 'gated' | 'relu';
  seed: number;
  l0: number;
  explainedVariance: number;
  shrinkage: number;
}

/** Both architectures over λ, at all seeds that were measured; see docs/recipe. */
export async function frontier() {
  const points = measured()
    .filter(({ trial }) =>
      Object.keys(trial).every((name) => ['architecture', 'lambdaSparse', 'seed'].includes(name)),
    )
    .map(({ trial, outcome }): Point => {
      const { architecture, seed } = { ...USUAL, ...trial };
      const { l0, explainedVariance, shrinkage } = outcome;
      return { architecture, seed, l0, explainedVariance, shrinkage };
    });
  const of = (architecture: string) =>
    points.filter((point) => point.architecture === architecture);
  const marks = (y: keyof Point) =>
    (['gated', 'relu'] as const).flatMap((architecture) => {
      const stroke = architecture === 'gated' ? GATED : RELU;
      const options = { x: 'l0', y, stroke };
      return [
        Plot.line(of(architecture), { ...options, z: 'seed', sort: 'l0', strokeOpacity: 0.4 }),
        Plot.dot(of(architecture), { ...options, fill: stroke, r: 3 }),
      ];
    });
  const name = (text: string, fill: string, dx: number, dy: number) =>
    Plot.text([text], { frameAnchor: 'bottom-right', dx, dy, fill, fontSize: 14, fontWeight: 600 });
  const names = [name('Gated', GATED, -12, -44), name('ReLU', RELU, -12, -24)];
  const x = {
    type: 'log' as const,
    label: 'L0: features active on a picture →',
    domain: [8, 500],
    ticks: [10, 30, 100, 300],
    tickFormat: String,
  };
  const grid = Plot.gridY({ stroke: INK, strokeOpacity: 0.12 });
  const svg = panels('Gated and ReLU SAEs on Fashion-MNIST', 280, 400, [
    {
      heading: 'Explained variance: more is better',
      plot: {
        marginBottom: 44,
        x,
        y: { label: null, domain: [0.75, 1] },
        marks: [grid, ...marks('explainedVariance'), ...names],
      },
    },
    {
      heading: 'Size of the reconstruction: 1 is right',
      plot: {
        marginBottom: 44,
        x,
        y: { label: null, domain: [0.75, 1.05] },
        marks: [
          grid,
          Plot.ruleY([1], { stroke: FAINT, strokeDasharray: '3,4' }),
          ...marks('shrinkage'),
          ...names,
        ],
      },
    },
  ]);
  return { 'gated-and-relu.svg': svg };
}
