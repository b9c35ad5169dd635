import type { NameLine } from './svg/line';
import { textWidth } from './svg/textWidth';

/** A place in the picture. */
interface Point {
  readonly x: number;
  readonly y: number;
}

/** The sides of a rectangle, in pixels. */
interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const GAP = 4;
/** The distance between the boxes that represent a line. */
const STEP = 4;
/** The longest label; a longer name is cut. */
const MOST_WIDTH = 200;
/**
 * The positions of a label relative to its point, in multiples of its width and height, best first.
 */
const SIDES = [
  [1, 0],
  [-1, 0],
  [1, -1],
  [-1, -1],
  [1, 1],
  [-1, 1],
  [0, -1],
  [0, 1],
  [1, -2],
  [-1, -2],
  [1, 2],
  [-1, 2],
] as const;

/**
 * Places the names of points beside them, overlapping as little as possible.
 *
 * @param line the line through some of the points
 * @param frame the area that they should stay within
 */
export function placeLabels(
  points: readonly (Point & { readonly name: string })[],
  line: readonly Point[],
  frame: Box,
  { size, radius }: { readonly size: number; readonly radius: number },
): NameLine[] {
  const dots = points.map(({ x, y }) => around(x, y, radius, radius));
  const taken: Box[] = [...dots, ...along(line)];
  return points.map((point, own) => {
    const width = Math.min(MOST_WIDTH, textWidth(point.name, size) + 1);
    const boxes = SIDES.map(([right, down]) => {
      const x = point.x + right * (radius + GAP + width / 2);
      const y = point.y + down * (right === 0 ? radius + GAP + size / 2 : size);
      return around(x, y, width / 2, size / 2 + 1);
    });
    const cost = (box: Box) =>
      outside(box, frame) +
      taken.reduce((sum, other, i) => sum + (i === own ? 0 : overlap(box, other)), 0);
    const costs = boxes.map(cost);
    const best = boxes[costs.indexOf(Math.min(...costs))] as Box;
    taken.push(best);
    const [x, y] = [(best.left + best.right) / 2, (best.top + best.bottom) / 2 + size / 3];
    return { name: point.name, x, y, room: width };
  });
}

/** Returns small boxes along a line. */
const along = (line: readonly Point[]): Box[] =>
  line.slice(1).flatMap((to, i) => {
    const from = line[i] as Point;
    const steps = Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) / STEP);
    return Array.from({ length: steps }, (_, step) => {
      const share = (step + 0.5) / steps;
      const [x, y] = [from.x + share * (to.x - from.x), from.y + share * (to.y - from.y)];
      return around(x, y, STEP / 2, STEP / 2);
    });
  });

const around = (x: number, y: number, width: number, height: number): Box => ({
  ...{ left: x - width, right: x + width, top: y - height, bottom: y + height },
});

/** Returns the area that two boxes share. */
function overlap(a: Box, b: Box): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return width > 0 && height > 0 ? width * height : 0;
}

/**
 * Returns the area of a box outside the frame, which weighs more than overlap with another label.
 */
const outside = (box: Box, frame: Box) =>
  10 * ((box.right - box.left) * (box.bottom - box.top) - overlap(box, frame));
