import { PIXELS } from '../../images';
import type { Pictures } from '../../protocol';
import { button, element, made } from '../elements';
import { pictureName } from '../pictureNames';
import { drawImage, tileCanvas } from '../tile';

/** Pictures to choose from at a time. */
const SHOWN = 12;

/** Pictures that training has not seen, to choose one of. */
export class Strip {
  private readonly holder = element('strip', HTMLElement);
  private shown: readonly number[] = [];

  /**
   * @param pictures those that training has not seen
   * @param pick is told which picture somebody has chosen
   */
  constructor(
    private pictures: Pictures,
    private readonly pick: (image: Float32Array, name: string) => void,
  ) {
    button('more-pictures').addEventListener('click', () => this.show(this.randomNumbers()));
  }

  /** There are other pictures. */
  take(pictures: Pictures): void {
    this.pictures = pictures;
    this.show();
  }

  private get count(): number {
    return this.pictures.heldOut.length / PIXELS;
  }

  private get firstNumbers(): number[] {
    return Array.from({ length: Math.min(SHOWN, this.count) }, (_, i) => i);
  }

  /** Shows some pictures, and picks the first. */
  show(numbers: readonly number[] = this.firstNumbers): void {
    this.shown = numbers;
    const choices = numbers.map((number) => this.choice(number));
    this.holder.replaceChildren(...choices);
    choices[0]?.click();
  }

  /** Shows one picture with those that are there, and picks it. */
  showWith(number: number): void {
    const others = this.shown.filter((other) => other !== number);
    this.show([number, ...others].slice(0, SHOWN));
  }

  /** No picture is the chosen one any more: somebody has drawn. */
  unpick(): void {
    for (const choice of this.holder.children) choice.setAttribute('aria-pressed', 'false');
  }

  private choice(number: number): HTMLButtonElement {
    const image = this.pictures.heldOut.subarray(number * PIXELS, (number + 1) * PIXELS);
    const name = pictureName(this.pictures, number);
    const label = `${name}, picture ${number}`;
    const choice = made('button', { type: 'button', 'aria-label': label, title: name });
    const canvas = tileCanvas();
    drawImage(canvas, image);
    choice.append(canvas);
    choice.addEventListener('click', () => {
      this.unpick();
      choice.setAttribute('aria-pressed', 'true');
      this.pick(image, name);
    });
    return choice;
  }

  private randomNumbers(): number[] {
    const numbers = new Set<number>();
    while (numbers.size < Math.min(SHOWN, this.count)) {
      numbers.add(Math.floor(Math.random() * this.count));
    }
    return [...numbers];
  }
}
