import type { Example, ImageShape } from '../../../analysis/featureReport/report';
import { cellOf, heatPixels } from '../../image/heatMap';
import type { PageEntry } from '../pageData';
import { afterPaint } from './afterPaint';
import type { DashboardData } from './dashboardData';
import { button, type Child, make } from './dom';
import { short } from './numbers';
import { decoration, draw } from './tiles';

/** Colours of the scale. */
const LEVELS = 64;
const WHOLE = { width: 100, height: 100 };

/** Where a feature fires most, in words that go on; nothing where that is not told. */
export function firesAt(data: DashboardData, { position, activations }: Example): string {
  const { mapShape } = data.head.data;
  if (!data.hasMaps || mapShape === undefined || position === undefined) return '';
  const [row, column] = [Math.floor(position / mapShape[1]) + 1, (position % mapShape[1]) + 1];
  const fires = activations?.filter((activation) => activation !== null && activation > 0).length;
  const places = `${fires ?? 0} of ${mapShape[0] * mapShape[1]} places`;
  return `: fires on ${places}, most in line ${row}, column ${column}`;
}

/** What is laid over an example's image: where the feature fires on it, and a frame where it does most. */
export function heatLayers(
  data: DashboardData,
  { max }: PageEntry,
  { position, activations }: Example,
): HTMLElement[] {
  const { mapShape } = data.head.data;
  if (!data.hasMaps || mapShape === undefined || activations === undefined) return [];
  const heat = decoration('heat');
  afterPaint(() => draw(heat, heatPixels(activations, max), mapShape));
  const frame = make('span', { class: 'heat frame-of-place', 'aria-hidden': 'true' });
  const cell = cellOf(mapShape, position ?? 0, WHOLE);
  frame.style.left = `${cell.x}%`;
  frame.style.top = `${cell.y}%`;
  frame.style.width = `${cell.width}%`;
  frame.style.height = `${cell.height}%`;
  return [heat, frame];
}

/** A switch between images with and without what is laid over them, and the scale of its colours. */
export function heatControls(data: DashboardData): Child {
  if (!data.hasMaps) return null;
  const root = document.documentElement;
  const isShown = () => root.dataset['heat'] !== 'off';
  const toggle = button({ class: 'plain' }, () => {
    root.dataset['heat'] = isShown() ? 'off' : 'on';
    toggle.setAttribute('aria-pressed', String(isShown()));
  });
  toggle.textContent = 'Show where it fires';
  toggle.setAttribute('aria-pressed', String(isShown()));
  const scale = decoration('heat-scale');
  const shares = Array.from({ length: LEVELS }, (_, i) => i / (LEVELS - 1));
  const shape: ImageShape = [1, LEVELS];
  draw(scale, heatPixels(shares, 1), shape);
  return make(
    'div',
    { class: 'heat-controls' },
    toggle,
    make(
      'span',
      { class: 'heat heat-key' },
      short(0),
      scale,
      'the feature’s maximum; framed where it fires most',
    ),
  );
}
