import type { TokenWindow } from '../../src/analysis/featureReport/report';

/** A number in [0, 1) that looks random, always the same for the same integers. */
function noise(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x165667b1, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return ((h ^ (h >>> 13)) >>> 0) / 2 ** 32;
}

/** Whether a point is inside the shape that a class's images show. */
const SHAPES: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => Math.hypot(x, y) < 0.7,
  (x, y) => Math.abs(Math.hypot(x, y) - 0.6) < 0.18,
  (x, y) => (Math.abs(x) < 0.2 || Math.abs(y) < 0.2) && Math.max(Math.abs(x), Math.abs(y)) < 0.8,
  (x, y) => Math.abs(((x + y + 8) % 0.5) - 0.25) < 0.12 && Math.hypot(x, y) < 0.9,
  (x, y) => Math.max(Math.abs(x), Math.abs(y)) < 0.6,
];

/** A grey image of a class: its shape somewhere near the middle, with grain. */
export function sampleImage(row: number, label: number, side: number): Uint8Array {
  const inside = SHAPES[label % SHAPES.length] as (typeof SHAPES)[number];
  const [dx, dy] = [noise(row, 1) * 0.5 - 0.25, noise(row, 2) * 0.5 - 0.25];
  const zoom = 0.75 + 0.5 * noise(row, 3);
  const light = 120 + 100 * noise(row, 4);
  return Uint8Array.from({ length: side * side }, (_, i) => {
    const x = ((i % side) / (side - 1)) * 2 - 1 - dx;
    const y = (Math.floor(i / side) / (side - 1)) * 2 - 1 - dy;
    return inside(x / zoom, y / zoom) ? light + 35 * noise(row, 10 + i) : 0;
  });
}

/** A decoder row of norm 1: a stroke somewhere, its sides of the other sign, and grain. */
export function sampleDecoder(_: number, side: number, draw: () => number): Float32Array {
  const [cx, cy] = [1.2 * draw() - 0.6, 1.2 * draw() - 0.6];
  const angle = Math.PI * draw();
  const width = 0.1 + 0.15 * draw();
  const reach = 0.3 + 0.4 * draw();
  const sign = draw() < 0.8 ? 1 : -1;
  const row = Float32Array.from({ length: side * side }, (_, i) => {
    const x = ((i % side) / Math.max(1, side - 1)) * 2 - 1 - cx;
    const y = (Math.floor(i / side) / Math.max(1, side - 1)) * 2 - 1 - cy;
    const along = x * Math.cos(angle) + y * Math.sin(angle);
    const across = (y * Math.cos(angle) - x * Math.sin(angle)) / width;
    const stroke = (1 - across * across) * Math.exp(-(across * across) / 2);
    return sign * stroke * Math.exp(-((along / reach) ** 2)) + 0.08 * (draw() - 0.5);
  });
  const norm = Math.sqrt(row.reduce((sum, w) => sum + w * w, 0));
  return row.map((w) => w / norm);
}

const WORDS =
  ' the, a, of, and, in, to, was, river, mountain, quietly, seven, because, she, said, .,\n, Paris, colour, light, ran, window,’s, —, 1987,ing, un, believable'.split(
    ',',
  );
const AROUND = 6;

/** Rows of tokens: documents of 100, the words of a small language. */
export const sampleTokens = {
  window(row: number, words: readonly string[] = WORDS): TokenWindow {
    const position = row % 100;
    const start = Math.max(0, position - AROUND);
    const end = Math.min(99, position + AROUND);
    const word = (i: number) =>
      words[Math.floor(noise(row - position + i, 7) * words.length)] ?? '';
    return {
      document: Math.floor(row / 100),
      position,
      tokens: Array.from({ length: end - start + 1 }, (_, i) => word(start + i)),
      focus: position - start,
    };
  },
  activations(row: number, activation: number): number[] {
    const { tokens, focus } = sampleTokens.window(row);
    return tokens.map((_, i) => {
      if (i === focus) return activation;
      const value = noise(row, 100 + i);
      return value > 0.8 ? Math.fround((value - 0.8) * 4 * activation) : 0;
    });
  },
};

/** Height and width of the maps. */
export const SAMPLE_MAP: readonly [number, number] = [7, 7];

/** Where a feature fires on an image: most at one place, less around it, not at all elsewhere. */
export function sampleMap(feature: number, image: number, activation: number) {
  const [rows, columns] = SAMPLE_MAP;
  const place = (turn: number, sides: number) =>
    Math.floor((0.8 * noise(feature, turn) + 0.2 * noise(image, turn)) * sides);
  const [y, x] = [place(1, rows), place(2, columns)];
  const reach = 0.6 + 2 * noise(feature, 3);
  const activations = Array.from({ length: rows * columns }, (_, i) => {
    const apart = Math.hypot(Math.floor(i / columns) - y, (i % columns) - x) / reach;
    return apart > 2 ? 0 : Math.fround(activation * Math.exp(-(apart ** 2)));
  });
  return { position: y * columns + x, activations };
}
