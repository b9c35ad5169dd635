import { SIDE } from '../../images';

/** A place on the picture, in pixels. */
export interface Place {
  x: number;
  y: number;
}

const RADIUS = 1.6;

/** Leaves ink, or takes it away, around a place; softly at the edge. */
export function dab(image: Float32Array, { x, y }: Place, ink: boolean): void {
  for (let row = Math.floor(y - RADIUS); row <= y + RADIUS; row++) {
    for (let column = Math.floor(x - RADIUS); column <= x + RADIUS; column++) {
      if (row < 0 || column < 0 || row >= SIDE || column >= SIDE) continue;
      const distance = Math.hypot(column + 0.5 - x, row + 0.5 - y);
      const strength = Math.min(1, Math.max(0, RADIUS - distance));
      const at = row * SIDE + column;
      const before = image[at] as number;
      image[at] = ink ? Math.max(before, strength) : Math.min(before, 1 - strength);
    }
  }
}

/** Dabs all the way from one place to another. */
export function stroke(image: Float32Array, from: Place, to: Place, ink: boolean): void {
  const dabs = Math.max(1, Math.ceil(2 * Math.hypot(to.x - from.x, to.y - from.y)));
  for (let i = 1; i <= dabs; i++) {
    const share = i / dabs;
    const x = from.x + share * (to.x - from.x);
    dab(image, { x, y: from.y + share * (to.y - from.y) }, ink);
  }
}
