import * as Plot from '@observablehq/plot';
import type { FeatureReport } from 'gated-sae-tfjs';
import { FAINT, GATED, INK, panels } from './ink';

/** How many features have which density. */
export function density({ features }: FeatureReport): string {
  const alive = features.filter((entry) => entry.density > 0);
  const bands = [
    { from: 1e-4, to: 1e-2, words: 'rare' },
    { from: 1e-2, to: 1e-1, words: 'typical' },
    { from: 1e-1, to: 1, words: 'dense' },
  ];
  const edges = Array.from({ length: 25 }, (_, i) => 10 ** (-4 + i / 6));
  const bins = edges.slice(1).map((to, i) => {
    const from = edges[i] as number;
    const count = alive.filter(({ density }) => density > from && density <= to * 1.0001).length;
    return { from, to, count };
  });
  const dead = features.length - alive.length;
  return panels('Features by density', 230, 720, [
    {
      heading: `${alive.length} features by density; ${dead} more fire on none of these pictures`,
      plot: {
        marginTop: 34,
        marginBottom: 44,
        x: {
          type: 'log',
          domain: [4e-4, 1],
          label: 'density: share of the pictures on which a feature fires →',
          ticks: [1e-3, 1e-2, 1e-1, 1],
          tickFormat: (value: number) => `${100 * value} %`,
        },
        y: { label: null, ticks: 4 },
        marks: [
          Plot.gridY({ stroke: INK, strokeOpacity: 0.12, ticks: 4 }),
          Plot.rectY(
            bins.filter(({ from }) => from >= 4e-4),
            { x1: 'from', x2: 'to', y: 'count', fill: GATED, inset: 0.5 },
          ),
          Plot.ruleX([1e-2, 1e-1], { stroke: FAINT, strokeDasharray: '3,4' }),
          Plot.text(bands, {
            x: ({ from, to }) => Math.sqrt(Math.max(from, 4e-4) * to),
            text: 'words',
            frameAnchor: 'top',
            dy: -24,
            fill: FAINT,
            fontSize: 14,
          }),
        ],
      },
    },
  ]);
}
