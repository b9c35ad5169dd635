import { encode } from 'fast-png';
import type { ImageShape } from '../../analysis/featureReport/report';
import { base64Of } from '../../bytes';
import { element, type Markup } from '../svg/element';

/** Width and height of a tile's picture. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The least size, so that an image with a single row of pixels is visible. */
const THINNEST = 8;

/** Returns the size at which an image fits in a square and touches two of its sides. */
export function fitted([rows, columns]: ImageShape, side: number): Size {
  const scale = side / Math.max(rows, columns);
  return {
    width: Math.max(THINNEST, columns * scale),
    height: Math.max(THINNEST, rows * scale),
  };
}

/** Draws an image at a place, its pixels with hard edges. */
export function imageAt(
  pixels: Uint8Array,
  shape: readonly number[],
  x: number,
  y: number,
  size: Size,
) {
  return element('image', {
    x,
    y,
    ...size,
    // Not only for exact multiples, since sides may be rounded.
    preserveAspectRatio: 'none',
    'image-rendering': 'pixelated',
    href: pixelsAddress(pixels, shape),
  });
}

/** Draws a place without an image. */
export function emptyPlace(x: number, y: number, size: Size, stroke: string): Markup {
  return element('rect', {
    x: x + 0.5,
    y: y + 0.5,
    width: size.width - 1,
    height: size.height - 1,
    fill: 'none',
    stroke,
    'stroke-dasharray': '3 4',
  });
}

/** Draws only the outline of a frame around a place. */
export function frameAt(
  { x, y, width, height }: Size & { readonly x: number; readonly y: number },
  stroke: string,
): Markup {
  return element('rect', { x, y, width, height, fill: 'none', stroke, 'stroke-width': 1.5 });
}

/** Returns pixels as a data URL: a PNG in base64. With four bytes, the last is opacity. */
export function pixelsAddress(
  pixels: Uint8Array,
  [height = 0, width = 0]: readonly number[],
): string {
  const png = encode({
    width,
    height,
    data: pixels,
    channels: pixels.length / (width * height),
    depth: 8,
  });
  return `data:image/png;base64,${base64Of(png)}`;
}
