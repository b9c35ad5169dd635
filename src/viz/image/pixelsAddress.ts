import { encode } from 'fast-png';
import { base64Of } from '../../bytes';
import type { Pixels } from './tile';

/** Pixels as an address that holds them: a PNG in base64. */
export function pixelsAddress(pixels: Pixels, [height, width]: readonly number[]): string {
  const png = encode({
    width: width as number,
    height: height as number,
    data: pixels,
    channels: 3,
    depth: 8,
  });
  return `data:image/png;base64,${base64Of(png)}`;
}
