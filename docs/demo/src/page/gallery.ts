import { PIXELS } from '../images';
import type { Gallery as Shown } from '../protocol';
import { button, element, made } from './elements';
import { drawDirection, tileCanvas } from './tile';

/** Of one dictionary or of two: the features that are used most, a tile each, which opens its feature. */
export class Galleries {
  private readonly holder = element('gallery', HTMLElement);
  private readonly more = button('more-tiles');
  private galleries: Gallery[] = [];

  /** @param open is told which feature of which dictionary somebody wants to see */
  constructor(private readonly open: (dictionary: number, feature: number) => void) {
    this.more.addEventListener('click', () => {
      const all = this.holder.classList.toggle('all');
      this.more.textContent = all ? 'Fewer features' : 'More features';
    });
  }

  /** Forgets all tiles: other dictionaries. @param names of two; one needs none */
  begin(names: readonly string[]): void {
    this.galleries = names.map((_, i) => new Gallery((feature) => this.open(i, feature)));
    const parts = names.flatMap((name, i) => {
      const { holder } = this.galleries[i] as Gallery;
      return name === '' ? [holder] : [made('h3', {}, name), holder];
    });
    this.holder.replaceChildren(...parts);
    this.holder.classList.toggle('two', names.length > 1);
    this.more.hidden = true;
  }

  show(dictionary: number, shown: Shown): void {
    this.galleries[dictionary]?.show(shown);
    this.more.hidden = false;
  }
}

class Gallery {
  readonly holder = made('div', { class: 'tiles' });
  /** Tiles stay as they are shown anew: the keyboard's focus is on one of them. */
  private readonly tiles: Tile[] = [];

  constructor(private readonly open: (feature: number) => void) {}

  show({ features, rows }: Shown): void {
    while (this.tiles.length < features.length) this.tiles.push(new Tile(this.open));
    features.forEach((feature, i) => {
      this.tiles[i]?.show(feature, rows.subarray(i * PIXELS, (i + 1) * PIXELS));
    });
    if (this.holder.children.length === this.tiles.length) return;
    this.holder.replaceChildren(...this.tiles.map(({ element }) => element));
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
