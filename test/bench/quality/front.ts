import * as Plot from '@observablehq/plot';
import { FAINT, INK, panels } from '../../../docs/pictures/ink';
import type { Measured } from './measured';
import { L0S } from './settings';
import { mean, peerAt } from './tables';

/** A line of the picture, at one L0. */
interface Point {
  readonly name: string;
  readonly l0: number;
  readonly explained: number;
  readonly least: number;
  readonly most: number;
}

/** Each architecture's mean over seeds at each L0, and how far seeds differ. */
function ours({ images }: Measured): Point[] {
  const names = [...new Set(images.map(({ architecture }) => architecture))];
  return names.flatMap((name) =>
    L0S.map((target) => {
      const made = images.filter((one) => one.architecture === name && one.target === target);
      const explained = made.map(({ explainedVariance }) => explainedVariance);
      return {
        ...{ name, l0: mean(made.map(({ l0 }) => l0)), explained: mean(explained) },
        ...{ least: Math.min(...explained), most: Math.max(...explained) },
      };
    }),
  );
}

function others({ peers }: Measured): Omit<Point, 'least' | 'most'>[] {
  const name = ({ peer, architecture }: Measured['peers'][number]) =>
    `${peer === 'sae_lens' ? 'SAELens' : 'dictionary_learning'}, ${architecture}`;
  return [...new Set(peers.map(name))].flatMap((of) =>
    L0S.flatMap((l0) => {
      const explained = peerAt(
        peers.filter((one) => name(one) === of),
        l0,
      );
      return explained === undefined ? [] : [{ name: of, l0, explained }];
    }),
  );
}

/** L0 against explained variance: ours with the spread over seeds, the peers' and PCA's beside them. */
export function drawFront(all: Measured): string {
  const [own, peers] = [ours(all), others(all)];
  const names = [...new Set([...own, ...peers].map(({ name }) => name))];
  const pca = L0S.map((l0, i) => ({ l0, explained: all.baselines?.pca[i] as number }));
  const at = { x: 'l0', y: 'explained', stroke: 'name', z: 'name' };
  const lowest = Math.min(
    ...[...own, ...peers].map(({ explained }) => explained),
    pca[0]?.explained as number,
  );
  return panels('L0 against explained variance on Fashion-MNIST', 420, 760, [
    {
      heading: 'Explained variance of held-out images: more is better',
      plot: {
        marginBottom: 44,
        marginLeft: 48,
        color: { domain: names, scheme: 'Observable10', legend: false },
        x: {
          ...{ type: 'log', label: 'L0: features active on an image →', domain: [14, 260] },
          ...{ ticks: L0S, tickFormat: String },
        },
        y: { label: null, domain: [Math.floor(50 * lowest) / 50, 1] },
        marks: [
          Plot.gridY({ stroke: INK, strokeOpacity: 0.12 }),
          Plot.line(pca, { x: 'l0', y: 'explained', stroke: FAINT, strokeDasharray: '2,3' }),
          Plot.text(pca.slice(-1), {
            ...{ x: 'l0', y: 'explained', text: () => 'principal components' },
            ...{ dx: 8, textAnchor: 'start', fill: FAINT },
          }),
          Plot.line(peers, { ...at, strokeDasharray: '5,4' }),
          Plot.line(own, { ...at, strokeWidth: 2 }),
          Plot.ruleX(own, { x: 'l0', y1: 'least', y2: 'most', stroke: 'name', strokeWidth: 3 }),
          Plot.dot(own, { x: 'l0', y: 'explained', fill: 'name', r: 3 }),
          ...names.map((name, i) =>
            Plot.text([{ name }], {
              ...{ frameAnchor: 'bottom-right', text: 'name', fill: 'name', fontWeight: 600 },
              ...{ dx: -12, dy: -12 - 18 * (names.length - 1 - i) },
            }),
          ),
        ],
      },
    },
  ]);
}
