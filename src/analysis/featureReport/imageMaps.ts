import type { RowOrigin } from '../../activations/rows';
import type { Contexts } from './contexts';

/** Feature maps of one shape, one per image; each place is a row, line by line. */
export class ImageMaps implements Contexts {
  /** The number of places in a map. */
  readonly width: number;
  readonly isWhole = true;
  readonly expected: string;

  /** @param images the number of images, if known */
  constructor(
    readonly shape: readonly [number, number],
    private readonly images = Number.POSITIVE_INFINITY,
  ) {
    const [height, width] = shape;
    this.width = height * width;
    const many = Number.isFinite(images) ? `${images} images of ` : '';
    this.expected = `example and position of ${many}${height} × ${width} positions`;
  }

  has(image: number, position: number): boolean {
    return image >= 0 && image < this.images && position >= 0 && position < this.width;
  }

  around(): { from: number; to: number } {
    return { from: 0, to: this.width };
  }

  originOf(first: number, rows: number): RowOrigin {
    const of = (what: (row: number) => number) =>
      Int32Array.from({ length: rows }, (_, i) => what(first + i));
    return {
      examples: of((row) => Math.floor(row / this.width)),
      positions: of((row) => row % this.width),
    };
  }
}
