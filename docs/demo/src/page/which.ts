import { element, made } from './elements';

/** Which of two dictionaries the page asks about; not to be seen where there is one. */
export class Which {
  private readonly holder = element('which', HTMLFieldSetElement);
  private buttons: HTMLButtonElement[] = [];

  /** @param chosen is told which dictionary somebody has chosen */
  constructor(private readonly chosen: (dictionary: number) => void) {}

  /** @param names of both, or of the only one */
  begin(names: readonly string[]): void {
    for (const before of this.buttons) before.remove();
    this.buttons = names.map((name, i) => {
      const button = made('button', { type: 'button' }, name);
      button.addEventListener('click', () => {
        this.show(i);
        this.chosen(i);
      });
      return button;
    });
    this.holder.append(...this.buttons);
    this.holder.hidden = names.length < 2;
    this.show(0);
  }

  show(dictionary: number): void {
    this.buttons.forEach((button, i) => {
      button.setAttribute('aria-pressed', String(i === dictionary));
    });
  }
}
