import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

/** The colours of all pictures here; each stands on its own white ground, in dark pages too. */
export const INK = '#1f2933';
export const FAINT = '#5f6b7a';
export const GATED = '#0b6e99';
export const RELU = '#b4530a';
export const GATE = '#5b3fa6';

const SVG = 'http://www.w3.org/2000/svg';
const MARGIN = 16;
const HEADING = 24;

/** One panel of a picture, with a heading of its own. */
export interface Panel {
  heading: string;
  plot: Plot.PlotOptions;
}

/** Panels beside each other, as one SVG document with a title for those who cannot see it. */
export function panels(title: string, height: number, width: number, parts: readonly Panel[]) {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const make = (name: string, attributes: Record<string, string | number>, text?: string) => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const whole = { width: parts.length * width + 2 * MARGIN, height: height + HEADING + 2 * MARGIN };
  const root = make('svg', {
    xmlns: SVG,
    viewBox: `0 0 ${whole.width} ${whole.height}`,
    ...whole,
    role: 'img',
    'font-family': 'system-ui, sans-serif',
    fill: INK,
    color: INK,
  });
  root.append(make('title', {}, title), make('rect', { ...whole, fill: '#ffffff' }));
  parts.forEach(({ heading, plot }, i) => {
    const group = make('g', { transform: `translate(${MARGIN + i * width},${MARGIN})` });
    group.append(make('text', { x: 8, y: 14, 'font-size': 14, 'font-weight': 600 }, heading));
    const drawn = Plot.plot({
      document,
      width: width - 12,
      height,
      style: { fontSize: '12px', background: 'none' },
      ...plot,
    });
    for (const style of [...drawn.querySelectorAll('style')]) style.remove();
    const below = make('g', { transform: `translate(0,${HEADING})` });
    below.append(drawn);
    group.append(below);
    root.append(group);
  });
  return `${root.outerHTML}\n`;
}
