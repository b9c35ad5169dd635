import { PIXELS } from '../images';
import type { FeatureSeen, Pictures } from '../protocol';
import { button, element, made } from './elements';
import { percent, short } from './numbers';
import { pictureName } from './pictureNames';
import { drawDirection, drawImage, tileCanvas } from './tile';

/** What can be done with a feature that is open. */
interface Listeners {
  add(feature: number): void;
  /** @param image its number among those that training never sees */
  look(image: number): void;
}

/** What is known of one feature, over the page until somebody closes it. */
export class FeatureSheet {
  private readonly dialog = element('feature', HTMLDialogElement);
  private readonly direction = element('feature-direction', HTMLCanvasElement);
  private readonly pictures = element('feature-pictures', HTMLElement);
  private feature = 0;

  constructor(
    private among: Pictures,
    private readonly listeners: Listeners,
  ) {
    button('feature-close').addEventListener('click', () => this.dialog.close());
    button('feature-add').addEventListener('click', () => {
      this.leave();
      listeners.add(this.feature);
    });
    // Beside the sheet, on what it covers.
    this.dialog.addEventListener('click', ({ target }) => {
      if (target === this.dialog) this.dialog.close();
    });
  }

  /** There are other pictures. */
  take(pictures: Pictures): void {
    this.among = pictures;
  }

  show(seen: FeatureSeen): void {
    this.feature = seen.feature;
    drawDirection(this.direction, seen.direction);
    element('feature-title', HTMLElement).textContent = `Feature #${seen.feature}`;
    element('feature-facts', HTMLElement).textContent = this.facts(seen);
    const images = [...seen.images];
    this.pictures.replaceChildren(
      ...images.map((image, i) => this.picture(image, seen.activations[i] as number)),
    );
    element('feature-strongest', HTMLElement).hidden = images.length === 0;
    if (!this.dialog.open) this.dialog.showModal();
  }

  private facts({ fires, meanActive, images }: FeatureSeen): string {
    const count = this.among.heldOut.length / PIXELS;
    const pictures = `${count.toLocaleString('en')} pictures`;
    if (fires === 0) return `It fires on none of ${pictures}.`;
    const often = `It fires on ${percent(fires / count)} of ${pictures} that training never sees, with a strength of ${short(meanActive)} on average.`;
    if (this.among.labels.length === 0) return often;
    return `${often} Where it is strongest, it is most often on: ${this.commonest(images)}.`;
  }

  /** The class that most of some images are of. */
  private commonest(images: Uint32Array): string {
    const counts = new Map<string, number>();
    for (const image of images) {
      const name = pictureName(this.among, image);
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const [most] = [...counts].sort(([, a], [, b]) => b - a);
    return most?.[0] ?? 'nothing';
  }

  private picture(image: number, activation: number): HTMLButtonElement {
    const label = `${pictureName(this.among, image)}, strength ${short(activation)}: take it apart`;
    const result = made('button', { type: 'button', 'aria-label': label, title: label });
    const canvas = tileCanvas();
    drawImage(canvas, this.among.heldOut.subarray(image * PIXELS, (image + 1) * PIXELS));
    result.append(canvas);
    result.addEventListener('click', () => {
      this.leave();
      this.listeners.look(image);
    });
    return result;
  }

  /** To the picture that is taken apart. */
  private leave(): void {
    this.dialog.close();
    const place = element('explore', HTMLElement);
    place.focus({ preventScroll: true });
    place.scrollIntoView({ block: 'start' });
  }
}
