import * as Plot from '@observablehq/plot';
import { TAGS } from '../pageData';
import type { DashboardData } from './dashboardData';
import { make } from './dom';
import { count, short, shortPercent } from './numbers';
import { logDomain, logTicks, plotFrame } from './plotFrame';
import { type Colour, PointRaster } from './pointRaster';
import { createTip } from './scatterTip';

const ASPECT = 0.78;
const NARROWEST = 280;
/** How near the pointer has to be to a point, in pixels. */
const REACH = 24;

/** The density–activation scatter. */
export interface Scatter {
  readonly element: HTMLElement;
  /** Draws these features as selected and the others faintly. */
  show(selection: Uint32Array): void;
  /** Draws again: in other colours, or in another size. */
  draw(): void;
}

/** Each alive feature as a point: how often it fires, and how strongly when it does. */
export function createScatter(data: DashboardData, open: (index: number) => void): Scatter {
  const points = make('canvas', { class: 'points', 'aria-hidden': 'true' });
  const frame = make('div', { class: 'frame' });
  const tip = createTip(data);
  const stage = make('div', { class: 'stage' }, frame, points, tip.element);
  const { density, meanActive } = data.columns;
  let dead = 0;
  const alive = density.map((value) => {
    if (!(value > 0)) dead += 1;
    return value > 0 ? value : Number.NaN;
  });
  if (dead === data.size) {
    const empty = make('p', { class: 'empty' }, emptyText(data));
    const element = make('figure', { class: 'scatter' }, empty);
    return { element, show: () => {}, draw: () => {} };
  }
  const note = make('figcaption', { class: 'note' }, ...legend(data), deadNote(dead));
  const element = make('figure', { class: 'scatter' }, stage, note);
  const xDomain = logDomain(alive);
  const yDomain = logDomain(meanActive);
  let places: { x: ArrayLike<number>; y: ArrayLike<number> } = { x: [], y: [] };
  let selection: Uint32Array = new Uint32Array(0);
  let drawnWidth = 0;

  /** Draws the axes, and learns from the plot where each point lies. */
  const lay = (width: number) => {
    drawnWidth = width;
    const height = Math.round(Math.min(ASPECT * width, 520));
    const axis = { type: 'log' as const, grid: true, labelArrow: 'none' as const };
    const plot = plotFrame({
      width,
      height,
      marginLeft: 48,
      marginRight: 12,
      marginTop: 26,
      marginBottom: 40,
      ariaLabel: describe(data, dead),
      x: {
        ...axis,
        domain: xDomain,
        ticks: logTicks(xDomain),
        tickFormat: shortPercent,
        label: `density: share of ${data.rowsWord} on which it fires`,
        labelAnchor: 'center',
      },
      y: {
        ...axis,
        domain: yDomain,
        ticks: logTicks(yDomain),
        tickFormat: short,
        label: 'mean activation when it fires',
      },
      marks: [
        Plot.dot(
          { length: data.size },
          {
            x: alive,
            y: meanActive,
            render: (_, __, { x = [], y = [] }) => {
              places = { x: x as ArrayLike<number>, y: y as ArrayLike<number> };
              return null;
            },
          },
        ),
      ],
    });
    frame.replaceChildren(plot);
    const ratio = window.devicePixelRatio || 1;
    points.width = Math.round(width * ratio);
    points.height = Math.round(height * ratio);
    points.style.width = `${width}px`;
    points.style.height = `${height}px`;
    paint();
  };

  const paint = () => {
    const context = points.getContext('2d', { willReadFrequently: true });
    if (context === null || drawnWidth === 0) return;
    const colour = colourReader(element, context);
    const ratio = points.width / drawnWidth;
    const raster = new PointRaster(points.width, points.height, ratio * radiusOf(data.size));
    const dot = (i: number, colour: Colour, opacity: number) => {
      const [x, y] = [places.x[i] as number, places.y[i] as number];
      raster.add(x * ratio, y * ratio, colour, opacity);
    };
    if (selection.length < data.size) {
      const faint = colour('faint-point');
      for (let i = 0; i < data.size; i++) dot(i, faint, 0.5);
    }
    const colours = [colour('point'), colour('mono'), colour('poly')] as const;
    for (const i of selection) {
      const tag = data.value('tag', i);
      dot(i, colours[tag === TAGS.mono ? 1 : tag === TAGS.poly ? 2 : 0], 0.65);
    }
    raster.put(context);
  };

  /** The selected feature nearest to the pointer. */
  const nearest = (event: PointerEvent | MouseEvent): number | undefined => {
    const box = points.getBoundingClientRect();
    const [px, py] = [event.clientX - box.left, event.clientY - box.top];
    let best: number | undefined;
    let least = REACH * REACH;
    for (const i of selection) {
      const distance = ((places.x[i] as number) - px) ** 2 + ((places.y[i] as number) - py) ** 2;
      if (distance < least) {
        least = distance;
        best = i;
      }
    }
    return best;
  };
  const point = (event: PointerEvent | MouseEvent) => {
    const index = nearest(event);
    points.classList.toggle('over', index !== undefined);
    if (index === undefined) tip.hide();
    else tip.show(index, places.x[index] as number, places.y[index] as number, drawnWidth);
    return index;
  };
  points.addEventListener('pointermove', point);
  points.addEventListener('pointerleave', () => tip.hide());
  points.addEventListener('click', (event) => {
    // A finger has not hovered: its first tap shows what the second one opens.
    const [before, index] = [tip.shown, point(event)];
    const touch = (event as PointerEvent).pointerType === 'touch';
    if (index !== undefined && (!touch || before === index)) open(index);
  });

  new ResizeObserver(([entry]) => {
    const width = Math.round(entry?.contentRect.width ?? 0);
    if (width > 0 && width !== drawnWidth) lay(Math.max(NARROWEST, width));
  }).observe(stage);

  return {
    element,
    show(selected) {
      selection = selected;
      tip.hide();
      paint();
    },
    draw: paint,
  };
}

/** Of a point, in pixels: the more there are, the smaller. */
const radiusOf = (points: number) => (points > 20_000 ? 1.1 : points > 2000 ? 1.7 : 3);

/** Reads colours of the style sheet, in whatever notation they are. */
function colourReader(element: Element, context: CanvasRenderingContext2D) {
  const style = getComputedStyle(element);
  return (name: string): Colour => {
    context.fillStyle = style.getPropertyValue(`--${name}`).trim();
    const hex = Number.parseInt(String(context.fillStyle).slice(1), 16);
    return [hex >> 16, (hex >> 8) & 255, hex & 255];
  };
}

function describe(data: DashboardData, dead: number): string {
  return `Scatter of ${count(data.size - dead)} features: density against mean activation when they fire, on logarithmic axes. The table has the same numbers.`;
}

function emptyText(data: DashboardData): string {
  if (data.size === 0) return 'The report is about no feature.';
  const { rows } = data.head.data;
  const these = rows === 1 ? 'this row' : `these ${data.countedRows(rows)}`;
  return `No feature fires on ${these}: there is nothing to plot.`;
}

/** What the colours of the points say, of those that there are. */
function legend(data: DashboardData): HTMLElement[] {
  if (!data.labelled) return [make('span', {}, 'Each point is a feature.')];
  return KINDS.filter(({ kind }) => data.columns.tag.includes(TAGS[kind])).map(({ kind, text }) =>
    make('span', {}, make('span', { class: `swatch ${kind}` }), text.replace('rows', data.counted)),
  );
}

const KINDS = [
  { kind: 'mono', text: 'MONO: of one class' },
  { kind: 'poly', text: 'POLY: of several' },
  { kind: 'few', text: 'on too few rows to tell' },
] as const;

function deadNote(dead: number): HTMLElement | null {
  if (dead === 0) return null;
  const who = dead === 1 ? 'One dead feature has' : `${count(dead)} dead features have`;
  return make('span', {}, `${who} no place on these axes.`);
}
