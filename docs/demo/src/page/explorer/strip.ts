import { CLASS_NAMES, HELD_OUT, PIXELS } from '../../images';
import { button, element, made } from '../elements';
import { drawImage, tileCanvas } from '../tile';

/** Pictures to choose from at a time. */
const SHOWN = 12;

/** Pictures that training has not seen, to choose one of. */
export class Strip {
  private readonly holder = element('strip', HTMLElement);
  private shown: readonly number[] = [];

  /**
   * @param images `[HELD_OUT × PIXELS]`
   * @param labels the class of each
   * @param pick is told which picture somebody has chosen
   */
  constructor(
    private readonly images: Float32Array,
    private readonly labels: Uint8Array,
    private readonly pick: (image: Float32Array, name: string) => void,
  ) {
    button('more-pictures').addEventListener('click', () => this.show(randomNumbers()));
  }

  /** Shows some pictures, and picks the first. */
  show(numbers: readonly number[] = Array.from({ length: SHOWN }, (_, i) => i)): void {
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
    const image = this.images.subarray(number * PIXELS, (number + 1) * PIXELS);
    const name = CLASS_NAMES[this.labels[number] as number] as string;
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
}

function randomNumbers(): number[] {
  const numbers = new Set<number>();
  while (numbers.size < SHOWN) numbers.add(Math.floor(Math.random() * HELD_OUT));
  return [...numbers];
}
