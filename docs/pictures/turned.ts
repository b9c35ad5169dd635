import { FAINT, INK } from './ink';

/** A picture, its reconstruction, and what decodes when one code is another. */
export interface Turned {
  feature: number;
  /** `[196]`, from 0 to 1, as all others. */
  original: readonly number[];
  reconstruction: readonly number[];
  turned: readonly { words: string; pixels: readonly number[] }[];
}

const SIDE = 14;
const PIXEL = 8;
const GAP = 18;
const TITLE = 26;

/** Rows of pictures in which one feature is turned off, on and up. */
export async function turned(rows: readonly Turned[]): Promise<string> {
  const tile = SIDE * PIXEL;
  const width = 5 * (tile + GAP) + GAP;
  const height = rows.length * (tile + TITLE + GAP) + GAP;
  const parts = rows.flatMap(({ feature, original, reconstruction, turned: more }, row) =>
    [
      { words: 'picture', pixels: original },
      { words: 'reconstruction', pixels: reconstruction },
      ...more.map(({ words, pixels }, i) => ({
        words: i === 0 ? `F#${feature}: ${words}` : words,
        pixels,
      })),
    ].map(({ words, pixels }, column) => {
      const x = GAP + column * (tile + GAP);
      const y = GAP + row * (tile + TITLE + GAP);
      const squares = pixels.map((value, i) => {
        const grey = Math.round(255 * Math.min(1, Math.max(0, value)));
        const at = `x="${(i % SIDE) * PIXEL}" y="${Math.floor(i / SIDE) * PIXEL}"`;
        return `<rect ${at} width="${PIXEL}" height="${PIXEL}" fill="rgb(${grey},${grey},${grey})"/>`;
      });
      const text = `<text x="${tile / 2}" y="-8" text-anchor="middle" font-size="13" fill="${
        column < 2 ? FAINT : INK
      }">${words}</text>`;
      const pixelsOf = `<g shape-rendering="crispEdges">${squares.join('')}</g>`;
      return `<g transform="translate(${x},${y + TITLE - 4})">${text}${pixelsOf}</g>`;
    }),
  );
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" ` +
    `height="${height}" role="img" font-family="system-ui, sans-serif">` +
    `<title>Pictures with one code turned</title><rect width="${width}" height="${height}" ` +
    `fill="#ffffff"/>${parts.join('')}</svg>\n`
  );
}
