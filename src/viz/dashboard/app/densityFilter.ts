import type { DashboardData } from './dashboardData';
import { densityCounts, densityEdges } from './densityEdges';
import { button, make } from './dom';
import { count, shortPercent } from './numbers';
import type { View } from './view';

/** How many features have which density, and which of them are shown. */
export interface DensityFilter {
  readonly element: HTMLElement;
  show(view: View): void;
}

/** What the filter asks for: densities from the one up to the other; null for no border. */
export type FilterDensity = (from: number | null, below: number | null) => void;

/** A histogram of the densities with a border on each side, to be dragged over or set by keys. */
export function createDensityFilter(data: DashboardData, filter: FilterDensity): DensityFilter {
  const edges = densityEdges(data.columns.density);
  const counts = densityCounts(data.columns.density, edges);
  const bins = counts.length;
  const most = Math.max(1, ...counts);
  const words = (edge: number) => shortPercent(Number(edge.toPrecision(2)));
  const bars = counts.map((features, bin) => {
    const title = `${words(edges[bin] as number)} to ${words(edges[bin + 1] as number)}: ${count(features)}`;
    const fill = make('span', { class: 'density-fill' });
    fill.style.height = `${(100 * features) / most}%`;
    return make('span', { class: features > 0 ? 'density-bin some' : 'density-bin', title }, fill);
  });
  const plot = make('div', { class: 'density-plot', 'aria-hidden': 'true' }, ...bars);
  const slider = (label: string) =>
    make('input', {
      class: 'density-border',
      type: 'range',
      min: 0,
      max: bins,
      'aria-label': label,
    });
  const low = slider('Least density');
  const high = slider('Largest density');
  const said = make('output', { class: 'density-said' });
  const all = button({ class: 'plain slim' }, () => filter(null, null), 'All densities');

  const ask = (from: number, to: number) =>
    filter(from <= 0 ? null : (edges[from] as number), to >= bins ? null : (edges[to] as number));
  low.addEventListener('input', () => {
    const from = Math.min(Number(low.value), bins - 1);
    ask(from, Math.max(from + 1, Number(high.value)));
  });
  high.addEventListener('input', () => {
    const to = Math.max(Number(high.value), 1);
    ask(Math.min(Number(low.value), to - 1), to);
  });
  let start: number | undefined;
  const binAt = (event: PointerEvent) => {
    const { left, width } = plot.getBoundingClientRect();
    const bin = Math.floor((bins * (event.clientX - left)) / width);
    return Math.min(bins - 1, Math.max(0, bin));
  };
  const drag = (event: PointerEvent) => {
    if (start === undefined) return;
    const bin = binAt(event);
    ask(Math.min(start, bin), Math.max(start, bin) + 1);
  };
  plot.addEventListener('pointerdown', (event) => {
    start = binAt(event);
    plot.setPointerCapture(event.pointerId);
    drag(event);
  });
  plot.addEventListener('pointermove', drag);
  for (const end of ['pointerup', 'pointercancel'] as const) {
    plot.addEventListener(end, () => {
      start = undefined;
    });
  }
  const element = make(
    'fieldset',
    { class: 'density side-part' },
    make('legend', { class: 'side-heading' }, 'Density'),
    plot,
    make('div', { class: 'density-borders' }, low, high),
    make('div', { class: 'density-foot' }, said, all),
  );
  return {
    element,
    show({ from, below }) {
      const place = (border: number | null, none: number) => {
        if (border === null) return none;
        const at = edges.findIndex((edge) => edge >= Math.fround(border));
        return at < 0 ? bins : at;
      };
      const first = place(from, 0);
      const end = place(below, bins);
      bars.forEach((bar, bin) => void bar.classList.toggle('out', bin < first || bin >= end));
      low.value = String(first);
      high.value = String(end);
      const [least, largest] = [edges[first] ?? 1, edges[end] ?? 1].map(words) as [string, string];
      low.setAttribute('aria-valuetext', least);
      high.setAttribute('aria-valuetext', largest);
      const isAll = from === null && below === null;
      all.hidden = isAll;
      said.textContent = isAll
        ? `${words(edges[0] as number)} to 100%`
        : `${from === null ? '0%' : shortPercent(from)} to ${below === null ? '100%' : shortPercent(below)}`;
    },
  };
}
