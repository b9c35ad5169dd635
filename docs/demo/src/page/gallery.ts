import type { GalleryPicture, GalleryShape } from '../protocol';
import { element } from './elements';

/** Room that a feature's tile takes, in pixels. */
const TILE = 108;
const FEWEST_COLUMNS = 3;
const MOST_COLUMNS = 10;

/** The directions of the most active features, in as many columns as there is room for. */
export class Gallery {
  private readonly holder = element('gallery', HTMLElement);
  private shape: GalleryShape = { columns: 0, rows: 0 };

  /**
   * @param ask asks for a picture of another shape; undefined where there is nothing to draw
   * @param failed is told of errors
   */
  constructor(
    ask: (shape: GalleryShape) => Promise<GalleryPicture | undefined>,
    failed: (error: unknown) => void,
  ) {
    new ResizeObserver(() => {
      const shape = shapeFor(this.holder.clientWidth);
      if (shape.columns === this.shape.columns) return;
      this.shape = shape;
      ask(shape).then((picture) => picture && this.show(picture), failed);
    }).observe(this.holder);
  }

  show({ svg, columns }: GalleryPicture): void {
    if (columns !== this.shape.columns) return; // another one is on its way
    const { documentElement } = new DOMParser().parseFromString(svg, 'image/svg+xml');
    this.holder.replaceChildren(document.importNode(documentElement, true));
  }
}

function shapeFor(width: number): GalleryShape {
  const fitting = Math.floor(width / TILE);
  const columns = Math.min(MOST_COLUMNS, Math.max(FEWEST_COLUMNS, fitting));
  return { columns, rows: columns < 5 ? 5 : 4 };
}
