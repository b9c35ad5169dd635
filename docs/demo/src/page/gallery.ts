import { PIXELS } from '../images';
import type { Gallery as Shown } from '../protocol';
import { button, element, made } from './elements';
import { drawDirection, tileCanvas } from './tile';

/** The features that are used most, a tile each, which opens what is known of it. */
export class Gallery {
  private readonly holder = element('gallery', HTMLElement);
  private readonly more = button('more-tiles');
  /** Tiles stay as they are shown anew: the keyboard's focus is on one of them. */
  private readonly tiles: Tile[] = [];

  /** @param open is told which feature somebody wants to see */
  constructor(private readonly open: (feature: number) => void) {
    this.more.addEventListener('click', () => {
      const all = this.holder.classList.toggle('all');
      this.more.textContent = all ? 'Fewer features' : 'More features';
    });
  }

  show({ features, rows }: Shown): void {
    while (this.tiles.length < features.length) this.tiles.push(new Tile(this.open));
    this.tiles.splice(features.length);
    features.forEach((feature, i) => {
      this.tiles[i]?.show(feature, rows.subarray(i * PIXELS, (i + 1) * PIXELS));
    });
    const elements = this.tiles.map((tile) => tile.element);
    const same = this.holder.children.length === elements.length;
    if (!same) this.holder.replaceChildren(...elements);
    this.more.hidden = features.length === 0;
  }
}

class Tile {
  readonly element = made('button', { type: 'button', class: 'tile' });
  private readonly canvas = tileCanvas();
  private readonly number = made('span');
  private feature = 0;

  constructor(open: (feature: number) => void) {
    this.canvas.setAttribute('aria-hidden', 'true');
    this.element.append(this.canvas, this.number);
    this.element.addEventListener('click', () => open(this.feature));
  }

  show(feature: number, direction: Float32Array): void {
    this.feature = feature;
    this.number.textContent = `#${feature}`;
    this.element.setAttribute('aria-label', `#${feature}: open this feature`);
    this.element.dataset['tile'] = String(feature);
    drawDirection(this.canvas, direction);
  }
}
