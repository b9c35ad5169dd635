import { decoderPixels, imagePixels, LIMIT, type Pixels } from '../../../../src/viz/image/tile';
import { SIDE } from '../images';

/** A canvas of one pixel a value. */
export function tileCanvas(): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = SIDE;
  canvas.height = SIDE;
  return canvas;
}

/** Draws an image `[PIXELS]` from 0, black, to 1, white. */
export function drawImage(canvas: HTMLCanvasElement, values: Float32Array): void {
  const bytes = Uint8Array.from(values, (value) => 255 * Math.min(1, Math.max(0, value)));
  draw(canvas, imagePixels(bytes, [SIDE, SIDE]));
}

/** Draws a decoder's direction `[PIXELS]` in the colours of the library's gallery. */
export function drawDirection(canvas: HTMLCanvasElement, weights: Float32Array): void {
  draw(canvas, decoderPixels(weights, [SIDE, SIDE], LIMIT));
}

function draw(canvas: HTMLCanvasElement, pixels: Pixels): void {
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  const image = new ImageData(SIDE, SIDE);
  for (let i = 0; i < SIDE * SIDE; i++) {
    image.data.set(pixels.subarray(3 * i, 3 * i + 3), 4 * i);
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}
