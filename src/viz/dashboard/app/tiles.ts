import type { ImageShape } from '../../../analysis/featureReport/report';
import type { HeatPixels } from '../../image/heatMap';
import { decoderPixels, imagePixels, type Pixels } from '../../image/tile';
import type { DashboardData } from './dashboardData';
import { make } from './dom';

/** Colours of a scale. */
const LEVELS = 256;

/** A picture that is described in words; it is drawn when its data has been read. */
export function canvas(label: string, className: string): HTMLCanvasElement {
  return make('canvas', { class: `tile ${className}`, role: 'img', 'aria-label': label });
}

/** A picture beside words that say the same. */
export function decoration(className: string): HTMLCanvasElement {
  return make('canvas', { class: `tile ${className}`, 'aria-hidden': 'true' });
}

/** Draws a feature's decoder direction. */
export function drawDecoder(on: HTMLCanvasElement, data: DashboardData, index: number): void {
  const { data: about, limit } = data.head;
  const shape = about.imageShape;
  if (shape === undefined) return;
  draw(on, decoderPixels(data.decoder(index), shape, limit), shape);
}

/** Draws an image. */
export function drawImage(on: HTMLCanvasElement, data: DashboardData, number: number): void {
  const shape = data.head.data.imageShape;
  const bytes = data.image(number);
  if (shape !== undefined && bytes !== undefined) draw(on, imagePixels(bytes, shape), shape);
}

/** Draws the colours of the decoder tiles, from the lowest weight to the highest. */
export function drawScale(on: HTMLCanvasElement, data: DashboardData): void {
  const { data: about, limit } = data.head;
  const coloured = about.imageShape?.length === 3;
  const shape: ImageShape = coloured ? [1, LEVELS, 3] : [1, LEVELS];
  const weights = Float32Array.from({ length: coloured ? 3 * LEVELS : LEVELS }, (_, i) => {
    const level = coloured ? Math.floor(i / 3) : i;
    return ((2 * level + 1) / LEVELS - 1) * limit;
  });
  draw(on, decoderPixels(weights, shape, limit), shape);
}

/** Draws pixels of three bytes, or of four, the last of which is opacity. */
export function draw(
  on: HTMLCanvasElement,
  pixels: Pixels | HeatPixels,
  [height, width]: ImageShape,
): void {
  on.width = width;
  on.height = height;
  const context = on.getContext('2d', { willReadFrequently: true });
  if (context === null) return;
  const image = context.createImageData(width, height);
  const bytes = pixels.length / (width * height);
  for (let i = 0; i < width * height; i++) {
    for (let byte = 0; byte < bytes; byte++) {
      image.data[4 * i + byte] = pixels[bytes * i + byte] as number;
    }
    if (bytes === 3) image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}
