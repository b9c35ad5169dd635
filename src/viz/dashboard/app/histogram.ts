import * as Plot from '@observablehq/plot';
import type { PageEntry } from '../pageData';
import type { DashboardData } from './dashboardData';
import { make } from './dom';
import { count, short } from './numbers';
import { logTicks, plotFrame } from './plotFrame';

/** In pixels; on a phone less. */
const WIDTH = 388;
const HEIGHT = 210;
/** What stands beside a plot on a phone. */
const MARGINS = 68;

/** How many rows fire how strongly; bins are equally wide on the logarithmic axis. */
export function histogram(data: DashboardData, entry: PageEntry): HTMLElement {
  const { first, counts } = entry.histogram;
  const edges = data.head.histogramEdges;
  const bins = counts.map((rows, i) => ({
    rows,
    low: edges[first + i] as number,
    high: edges[first + i + 1] as number,
  }));
  const fired = bins.filter(({ rows }) => rows > 0);
  const [low, high] = [fired[0]?.low, fired[fired.length - 1]?.high];
  if (low === undefined || high === undefined) {
    return make('p', { class: 'empty' }, 'The report has no histogram of this feature.');
  }
  // Room for a bin on each side: a single bin is a bar then, and no block.
  const domain = [low / Math.SQRT2, high * Math.SQRT2] as const;
  const most = Math.max(...counts);
  const plot = plotFrame({
    width: Math.min(WIDTH, document.documentElement.clientWidth - MARGINS),
    height: HEIGHT,
    marginLeft: 44,
    marginRight: 8,
    marginTop: 22,
    marginBottom: 38,
    ariaLabel: `Histogram: activations from ${short(low)} to ${short(high)}, up to ${data.countedRows(most)} in a bin.`,
    x: {
      type: 'log',
      domain,
      ticks: logTicks(domain),
      tickFormat: short,
      label: 'activation',
      labelAnchor: 'center',
      labelArrow: 'none',
    },
    y: {
      domain: [0, most],
      grid: true,
      ticks: Math.min(4, most),
      tickFormat: (value: number) => (Number.isInteger(value) ? count(value) : ''),
      label: data.rowsWord,
      labelArrow: 'none',
    },
    marks: [
      Plot.rectY(fired, {
        x1: 'low',
        x2: 'high',
        y: 'rows',
        fill: 'var(--point)',
        insetLeft: 0.5,
        insetRight: 0.5,
      }),
      Plot.ruleY([0], { stroke: 'var(--faint)' }),
    ],
  });
  return make('div', { class: 'histogram' }, plot);
}
