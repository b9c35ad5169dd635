/** Red, green and blue, 0 to 255. */
export type Colour = readonly [number, number, number];

/**
 * Discs painted pixel by pixel: a canvas's own arcs take seconds where there are tens of thousands.
 */
export class PointRaster {
  private readonly pixels: Uint8ClampedArray<ArrayBuffer>;

  /** All in pixels of the screen. */
  constructor(
    private readonly width: number,
    private readonly height: number,
    private readonly radius: number,
  ) {
    this.pixels = new Uint8ClampedArray(4 * width * height);
  }

  /** A disc over what is there already; nothing where a coordinate is no number. */
  add(x: number, y: number, colour: Colour, opacity: number): void {
    if (!Number.isFinite(x) || !Number.isFinite(y)) return;
    const { radius, width, height } = this;
    const border = radius + 0.5;
    const last = Math.min(height - 1, Math.floor(y + border));
    const right = Math.min(width - 1, Math.floor(x + border));
    for (let row = Math.max(0, Math.floor(y - border)); row <= last; row++) {
      const dy = row + 0.5 - y;
      for (let column = Math.max(0, Math.floor(x - border)); column <= right; column++) {
        const dx = column + 0.5 - x;
        // How much of the pixel the disc covers, nearly.
        const covered = Math.min(1, border - Math.sqrt(dx * dx + dy * dy));
        if (covered > 0) this.blend(4 * (row * width + column), colour, covered * opacity);
      }
    }
  }

  /** Puts all of it in the place of what a canvas shows. */
  put(context: CanvasRenderingContext2D): void {
    context.putImageData(new ImageData(this.pixels, this.width, this.height), 0, 0);
  }

  private blend(at: number, colour: Colour, above: number): void {
    const { pixels } = this;
    const below = ((pixels[at + 3] as number) / 255) * (1 - above);
    const both = above + below;
    for (let c = 0; c < 3; c++) {
      const mixed = (colour[c] as number) * above + (pixels[at + c] as number) * below;
      pixels[at + c] = mixed / both;
    }
    pixels[at + 3] = 255 * both;
  }
}
