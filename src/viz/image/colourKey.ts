import type { ImageShape } from '../../analysis/featureReport/report';
import type { Markup } from '../svg/element';
import { line, type TextStyle } from '../svg/line';
import { heatPixels } from './heatMap';
import { imageAt } from './place';
import { decoderPixels } from './tile';

/** The size in pixels, including its numbers. */
export const KEY = { width: 260, height: 12 };
const BAR = 140;
const LEVELS = 256;

/**
 * Draws which colour stands for which weight: a bar from −limit to limit, with numbers beside it.
 */
export function colourKey(
  { length: dims }: ImageShape,
  limit: number,
  middle: number,
  y: number,
  style: TextStyle,
): Markup[] {
  const weights = Float32Array.from(
    { length: LEVELS },
    (_, level) => (2 * limit * (level + 0.5)) / LEVELS - limit,
  );
  const grey = Float32Array.from({ length: 3 * LEVELS }, (_, i) => weights[Math.floor(i / 3)] ?? 0);
  const bar: ImageShape = dims === 2 ? [1, LEVELS] : [1, LEVELS, 3];
  const pixels = decoderPixels(dims === 2 ? weights : grey, bar, limit);
  const left = middle - BAR / 2;
  return [
    line(`−${limit}`, left - 8, y + KEY.height - 2, style, 'end'),
    imageAt(pixels, bar, left, y, { width: BAR, height: KEY.height }),
    line(String(limit), left + BAR + 8, y + KEY.height - 2, style, 'start'),
  ];
}

/** Draws which colour stands for which activation: a bar from 0 to the feature's largest. */
export function heatKey(middle: number, y: number, style: TextStyle): Markup[] {
  const shares = Array.from({ length: LEVELS }, (_, level) => level / (LEVELS - 1));
  const left = middle - BAR / 2;
  const size = { width: BAR, height: KEY.height };
  return [
    line('0', left - 8, y + KEY.height - 2, style, 'end'),
    imageAt(heatPixels(shares, 1), [1, LEVELS], left, y, size),
    line("the feature's maximum", left + BAR + 8, y + KEY.height - 2, style, 'start'),
  ];
}
