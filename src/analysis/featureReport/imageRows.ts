import { base64Of } from '../../bytes';

/** How the values of an image are converted to bytes. */
export interface Images {
  /** Values in an image. */
  readonly width: number;
  /** The values shown as black and white. */
  readonly range: readonly [number, number];
}

/** The images that are an example of some feature, as bytes; others are dropped. */
export class ImageRows {
  private readonly kept = new Map<number, { readonly bytes: Uint8Array; uses: number }>();
  private values: Float32Array = new Float32Array(0);
  /** The number of the first row in `values`. */
  private first = 0;

  constructor(private readonly images: Images) {}

  /** The number of images kept. */
  get size(): number {
    return this.kept.size;
  }

  /** Sets the rows that may be kept from now on: `[rows, width]`, flat. */
  next(values: Float32Array, first: number): void {
    this.values = values;
    this.first = first;
  }

  /** Counts one more example on this row. */
  keep(row: number): void {
    const known = this.kept.get(row);
    if (known) known.uses += 1;
    else {
      const bytes = imageBytes(this.values, row - this.first, this.images);
      this.kept.set(row, { bytes, uses: 1 });
    }
  }

  /** Counts one example fewer on this row. */
  release(row: number): void {
    const known = this.kept.get(row);
    if (known === undefined) return;
    known.uses -= 1;
    if (known.uses === 0) this.kept.delete(row);
  }

  /** Returns a kept row's image in base64. */
  image(row: number): string {
    return base64Of(this.kept.get(row)?.bytes ?? new Uint8Array(0));
  }
}

/**
 * Converts one image to bytes: each value's share of the range in 256 steps, like a colour map of
 * 256 greys.
 *
 * @param values the values of images, one after another
 * @param image the index of the image
 */
export function imageBytes(
  values: ArrayLike<number>,
  image: number,
  { width, range: [low, high] }: Images,
): Uint8Array {
  const start = image * width;
  const bytes = new Uint8Array(width);
  for (let i = 0; i < width; i++) {
    const share = ((values[start + i] as number) - low) / (high - low);
    bytes[i] = Math.max(0, Math.min(255, Math.floor(share * 256)));
  }
  return bytes;
}
