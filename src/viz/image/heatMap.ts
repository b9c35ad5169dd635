import { reversedTable } from '../colourTable';
import type { Size } from './place';
import type { Pixels } from './tile';

/** Red, green, blue and opacity of each place of a map: `[height, width, 4]`. */
export type HeatPixels = Uint8Array;

/**
 * From dark orange to pale yellow: brighter for stronger, so that it can be read without hue; the
 * image below is grey.
 */
const HEAT = reversedTable(['#ffffe0', '#fed976', '#fd8d3c', '#d9480f']);
const LEVELS = 256;
/**
 * The share of the image's light that is removed, so that no place is brighter than a firing one.
 */
const SHADE = 0.65;
/** The same where there is no row. */
const LEFT_OUT = 0.9;
/** Opacity of the colour: for the smallest activation, and for the largest. */
const LEAST = 0.3;
const MOST = 0.9;

/**
 * Returns the overlay on a grey image that shows where a feature fires on it.
 *
 * @param activations activations by place, line by line; null where there is no row
 * @param max the feature's largest activation on any image, which is brightest
 */
export function heatPixels(activations: readonly (number | null)[], max: number): HeatPixels {
  const pixels = new Uint8Array(4 * activations.length);
  activations.forEach((activation, place) => {
    if (activation === null) pixels[4 * place + 3] = Math.round(255 * LEFT_OUT);
    else pixels.set(heatPixel(max > 0 ? activation / max : 0), 4 * place);
  });
  return pixels;
}

/** Returns a share of the largest activation as red, green, blue and opacity. */
function heatPixel(share: number): [number, number, number, number] {
  const level = Math.max(0, Math.min(LEVELS - 1, Math.trunc(share * LEVELS)));
  const own = share > 0 ? LEAST + (MOST - LEAST) * Math.min(1, share) : 0;
  // The colour above the shade, combined into one.
  const opacity = 1 - (1 - own) * (1 - SHADE);
  const channel = (i: number) => Math.round(((HEAT[3 * level + i] as number) * own) / opacity);
  return [channel(0), channel(1), channel(2), Math.round(255 * opacity)];
}

/** Returns an image's pixels without hue, since colours are used for the map. */
export function greyOf(pixels: Pixels): Pixels {
  const grey = new Uint8Array(pixels.length);
  for (let i = 0; i < pixels.length; i += 3) {
    const [r, g, b] = [pixels[i] as number, pixels[i + 1] as number, pixels[i + 2] as number];
    grey.fill(Math.round(0.2126 * r + 0.7152 * g + 0.0722 * b), i, i + 3);
  }
  return grey;
}

/** Returns where a place of a map lies on an image of a given size. */
export function cellOf(
  [rows, columns]: readonly [number, number],
  place: number,
  { width, height }: Size,
) {
  return {
    x: ((place % columns) * width) / columns,
    y: (Math.floor(place / columns) * height) / rows,
    width: width / columns,
    height: height / rows,
  };
}
