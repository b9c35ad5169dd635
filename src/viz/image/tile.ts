import type { ImageShape } from '../../analysis/featureReport/report';
import { type ColourTable, GREY, levelOf, RED_BLUE } from '../colourTable';

/** The default of the weight that is darkest. */
export const LIMIT = 0.15;

/** Red, green and blue of each pixel, row by row: `[height, width, 3]`. */
export type Pixels = Uint8Array;

/**
 * Returns a decoder direction's pixels: weights from −limit to limit on blue–white–red; for a
 * coloured image each channel by itself, grey where the weight is 0.
 */
export function decoderPixels(
  weights: Float32Array,
  { length: dims }: ImageShape,
  limit: number,
): Pixels {
  if (dims === 2) {
    return throughTable(
      Uint8Array.from(weights, (weight) => levelOf(weight, limit)),
      RED_BLUE,
    );
  }
  return Uint8Array.from(weights, (weight) => {
    const share = 0.5 + weight / (2 * limit);
    return Math.trunc(255 * Math.min(1, Math.max(0, share)));
  });
}

/** Returns an image's pixels: grey ones like matplotlib, coloured ones unchanged. */
export const imagePixels = (bytes: Uint8Array, { length: dims }: ImageShape): Pixels =>
  dims === 2 ? throughTable(bytes, GREY) : bytes;

function throughTable(levels: Uint8Array, table: ColourTable): Pixels {
  const pixels = new Uint8Array(3 * levels.length);
  for (let i = 0; i < pixels.length; i++) {
    pixels[i] = table[3 * (levels[Math.floor(i / 3)] as number) + (i % 3)] as number;
  }
  return pixels;
}
