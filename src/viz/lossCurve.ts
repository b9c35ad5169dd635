import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { linearTicks, logTicks, tickText } from './svg/ticks';

/** One training step: its number, its epoch, and everything else that was measured. */
export type LossRow = Readonly<Record<string, number> & { epoch: number; step: number }>;

/** Options of {@link lossCurve}: the texts above the panels. */
export interface LossCurveArgs {
  title: string;
  subtitle?: string;
}

/** Several steps drawn as one: more points than pixels would only enlarge the file. */
interface Bucket {
  step: number;
  mean: number;
  low: number;
  high: number;
}

const SVG = 'http://www.w3.org/2000/svg';
const COLUMNS = 3;
const PANEL = { width: 320, height: 210 };
const MARGIN = 20;
const HEADER = 64;
const MAX_BUCKETS = 240;
/** A logarithmic axis is used if the values span at least this factor. */
const LOG_SPAN = 10;
/** With more epochs than this, their boundaries would hide the curve. */
const MAX_EPOCH_RULES = 30;
const INK = '#1f2933';
const FAINT_INK = '#5f6b7a';
const SMALL = { 'font-size': 12, fill: FAINT_INK };
const COLOURS = ['#0b6e99', '#b4530a', '#5b3fa6', '#2f7d32', '#b0246a', '#5f6b7a'];
const LABELS: Readonly<Record<string, string>> = {
  loss: 'loss (what training lowers)',
  lr: 'learning rate',
  grad_norm: 'gradient norm (before clipping)',
};

/**
 * Draws the course of training as one SVG picture: one panel per measured column, in order.
 *
 * Each panel has a scale of its own, logarithmic if the values span a factor of ten. If there are
 * more steps than pixels, a line shows the mean of neighbouring steps and a band their range.
 *
 * @param rows one per step, all with the same columns; `epoch` and `step` are not drawn
 * @returns a complete SVG document on a light background, without scripts or external references.
 */
export function lossCurve(rows: readonly LossRow[], { title, subtitle }: LossCurveArgs): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const columns = Object.keys(rows[0] ?? {}).filter((name) => name !== 'epoch' && name !== 'step');
  const lines = Math.max(1, Math.ceil(columns.length / COLUMNS));
  const width = COLUMNS * PANEL.width + 2 * MARGIN;
  const height = HEADER + lines * PANEL.height + MARGIN;

  const make = (name: string, attributes: Record<string, string | number>, text?: string) => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const fonts = { 'font-family': 'system-ui, sans-serif', color: INK, fill: INK };
  const root = make('svg', {
    xmlns: SVG,
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: 'img',
    ...fonts,
  });
  root.append(
    make('title', {}, title),
    make('rect', { width, height, fill: '#ffffff' }),
    make('text', { x: MARGIN, y: 30, 'font-size': 18, 'font-weight': 600 }, title),
    make('text', { x: MARGIN, y: 50, ...SMALL }, subtitle ?? ''),
    make('text', { x: width - MARGIN, y: 50, 'text-anchor': 'end', ...SMALL }, legend(rows)),
  );
  columns.forEach((column, i) => {
    const x = MARGIN + (i % COLUMNS) * PANEL.width;
    const y = HEADER + Math.floor(i / COLUMNS) * PANEL.height;
    const group = make('g', { transform: `translate(${x},${y})` });
    group.append(panel(document, rows, column, COLOURS[i % COLOURS.length] as string));
    root.append(group);
  });
  return `${root.outerHTML}\n`;
}

function panel(document: Document, rows: readonly LossRow[], column: string, colour: string) {
  const buckets = bucketed(rows, column);
  const y = valueAxis(buckets);
  const plot = Plot.plot({
    document,
    ...PANEL,
    marginTop: 34,
    marginLeft: 52,
    marginRight: 18,
    marginBottom: 38,
    style: { fontSize: '11px', background: 'none' },
    x: {
      label: 'step',
      labelAnchor: 'center',
      labelArrow: 'none',
      ticks: stepTicks(buckets),
      tickFormat: ',d',
    },
    y,
    marks: [
      Plot.gridY(y.ticks, { stroke: INK, strokeOpacity: 0.12 }),
      Plot.ruleX(epochStarts(rows), { stroke: INK, strokeOpacity: 0.2, strokeDasharray: '2,3' }),
      Plot.areaY(buckets, { x: 'step', y1: 'low', y2: 'high', fill: colour, fillOpacity: 0.2 }),
      Plot.lineY(buckets, { x: 'step', y: 'mean', stroke: colour, strokeWidth: 1.6 }),
      // A line through a single point would be invisible.
      Plot.dot(buckets.length === 1 ? buckets : [], { x: 'step', y: 'mean', fill: colour }),
      Plot.text([LABELS[column] ?? column], {
        frameAnchor: 'top-left',
        dx: -44,
        dy: -26,
        fontSize: 13,
        fontWeight: 600,
        fill: INK,
      }),
    ],
  });
  // Plot's own style sheet is for a picture in a page; inside a picture it would override the
  // sizes.
  for (const style of [...plot.querySelectorAll('style')]) style.remove();
  return plot;
}

/** Returns the vertical axis for the values: from 0, or logarithmic if they span a wide range. */
function valueAxis(buckets: readonly Bucket[]) {
  const low = Math.min(...buckets.map((b) => b.low));
  const high = Math.max(...buckets.map((b) => b.high));
  const log = low > 0 && high / low >= LOG_SPAN;
  const axis = { label: null, tickFormat: tickText };
  if (!log) {
    const top = high > 0 ? high : 1;
    const domain = [Math.min(0, low), top] as const;
    return { ...axis, type: 'linear' as const, domain, ticks: linearTicks(...domain) };
  }
  const domain = [low / 1.1, high * 1.1] as const;
  return { ...axis, type: 'log' as const, domain, ticks: logTicks(...domain) };
}

function stepTicks(buckets: readonly Bucket[]): number[] {
  const steps = buckets.map((b) => b.step);
  return linearTicks(Math.min(...steps), Math.max(...steps)).filter(Number.isInteger);
}

/** Returns the explanation of marks that are not always present. */
function legend(rows: readonly LossRow[]): string {
  const parts = [
    ...(epochStarts(rows).length > 0 ? ['dotted: an epoch begins'] : []),
    ...(rows.length > MAX_BUCKETS ? ['band: range of neighbouring steps'] : []),
  ];
  return parts.join(', ');
}

/** Combines neighbouring steps, or keeps each step if there is room for it. */
function bucketed(rows: readonly LossRow[], column: string): Bucket[] {
  const size = Math.max(1, Math.ceil(rows.length / MAX_BUCKETS));
  const buckets: Bucket[] = [];
  for (let start = 0; start < rows.length; start += size) {
    const part = rows.slice(start, start + size);
    const values = part.map((row) => row[column] as number);
    buckets.push({
      step: mean(part.map((row) => row.step)),
      mean: mean(values),
      low: Math.min(...values),
      high: Math.max(...values),
    });
  }
  return buckets;
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** Returns the first step of each epoch after the first. */
function epochStarts(rows: readonly LossRow[]): number[] {
  const starts = rows.filter((row, i) => i > 0 && row.epoch !== rows[i - 1]?.epoch);
  return starts.length > MAX_EPOCH_RULES ? [] : starts.map((row) => row.step);
}
