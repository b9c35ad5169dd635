import { schemeRdBu } from 'd3-scale-chromatic';

/** Red, green and blue, one byte each, for each of 256 levels. */
export type ColourTable = Uint8Array;

const LEVELS = 256;

/**
 * Returns the 256 colours that matplotlib interpolates from a few, reversed: linear in red, green
 * and blue, truncated to bytes. The operations and their order are matplotlib's, since truncation
 * makes the last bit of rounding visible.
 *
 * @param colours colours at equal distances, as `#rrggbb`; the first is for the highest level
 */
export function reversedTable(colours: readonly string[]): ColourTable {
  const last = colours.length - 1;
  const turned = [...colours].reverse();
  const places = turned.map((_, i) => (i === 0 ? 0 : 1 - (last - i) * (1 / last)) * (LEVELS - 1));
  const table = new Uint8Array(3 * LEVELS);
  for (let level = 0; level < LEVELS; level++) {
    const place = (level === LEVELS - 1 ? 1 : level * (1 / (LEVELS - 1))) * (LEVELS - 1);
    const right = Math.max(
      1,
      places.findIndex((x) => x >= place),
    );
    const [from, to] = [places[right - 1] as number, places[right] as number];
    const share = (place - from) / (to - from);
    for (let channel = 0; channel < 3; channel++) {
      const a = channelOf(turned[right - 1] as string, channel);
      const b = channelOf(turned[right] as string, channel);
      table[3 * level + channel] = Math.trunc((share * (b - a) + a) * 255);
    }
  }
  return table;
}

/** Returns one channel of a `#rrggbb` colour, from 0 to 1. */
const channelOf = (colour: string, channel: number) =>
  Number.parseInt(colour.slice(1 + 2 * channel, 3 + 2 * channel), 16) / 255;

/** Blue for values below 0, red for values above: ColorBrewer's RdBu, reversed. */
export const RED_BLUE = reversedTable(schemeRdBu[11] as readonly string[]);
export const GREY = reversedTable(['#ffffff', '#000000']);

/** Returns the level of a weight between −limit and limit, computed in float32 as in matplotlib. */
export function levelOf(weight: number, limit: number): number {
  const share = Math.fround(Math.fround(weight + limit) / (limit + limit));
  return Math.min(LEVELS - 1, Math.max(0, Math.trunc(share * LEVELS)));
}
