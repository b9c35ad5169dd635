import type { ArchitectureChoice, Settings } from '../protocol';
import { element, made } from './elements';
import { short } from './numbers';

const form = element('settings', HTMLFormElement);
const fields = form.querySelector('fieldset') as HTMLFieldSetElement;
const fold = element('settings-fold', HTMLDetailsElement);
const slider = element('lambda', HTMLInputElement);
const shown = element('lambda-value', HTMLOutputElement);

/** Where the page has one column: as its style sheet has it. */
const NARROW = '(width < 62rem)';

/** The form that says how to train, and the slider of λ, which counts during training too. */
export class SettingsForm {
  private choices: ArchitectureChoice[] = [];

  constructor(listeners: { train(settings: Settings): void; lambda(value: number): void }) {
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      listeners.train(this.read());
    });
    slider.addEventListener('input', () => {
      this.showLambda();
      listeners.lambda(this.lambda);
    });
    form.addEventListener('change', () => this.showLambda());
    this.showLambda();
  }

  offer(choices: ArchitectureChoice[]): void {
    this.choices = choices;
    const options = choices.map(({ name, className }) =>
      made('option', { value: name }, className),
    );
    this.select('architecture').replaceChildren(...options);
    this.showLambda();
  }

  /** Where all stands one below the other: lets what training moves come to its buttons. */
  makeRoom(): void {
    if (!matchMedia(NARROW).matches) return;
    fold.open = false;
    element('run', HTMLElement).scrollIntoView({ block: 'start' });
  }

  /** Whether what training has begun with can be changed. */
  set open(open: boolean) {
    fields.disabled = !open;
  }

  /** The slider is logarithmic. */
  get lambda(): number {
    return Number((10 ** slider.valueAsNumber).toPrecision(2));
  }

  private read(): Settings {
    const number = (name: string) =>
      Number((form.elements.namedItem(name) as HTMLInputElement).value);
    return {
      architecture: this.select('architecture').value,
      features: number('features'),
      epochs: number('epochs'),
      batchSize: number('batchSize'),
      lambda: this.lambda,
      learningRate: number('learningRate'),
      seed: number('seed'),
    };
  }

  private showLambda(): void {
    const chosen = this.choices.find(({ name }) => name === this.select('architecture').value);
    const text = short(this.lambda);
    shown.value = text;
    slider.setAttribute('aria-valuetext', text);
    element('lambda-field', HTMLElement).hidden = chosen?.hasLambda === false;
  }

  private select(name: string): HTMLSelectElement {
    return form.elements.namedItem(name) as HTMLSelectElement;
  }
}
