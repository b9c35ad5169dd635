import type { ArchitectureChoice, Settings, Sparsity } from '../protocol';
import { button, element, made } from './elements';
import { short } from './numbers';

const form = element('settings', HTMLFormElement);
const fields = form.querySelector('fieldset') as HTMLFieldSetElement;
const fold = element('settings-fold', HTMLDetailsElement);
/** The sliders of both ways to say how sparse codes are to be, and what a place of each stands for. */
const SLIDERS = {
  l0: { slider: element('l0', HTMLInputElement), valueAt: (at: number) => Math.round(2 ** at) },
  lambda: {
    slider: element('lambda', HTMLInputElement),
    valueAt: (at: number) => Number((10 ** at).toPrecision(2)),
  },
} as const;

/** Where the page has one column: as its style sheet has it. */
const NARROW = '(width < 62rem)';

/** The form that says how to train, and the slider of the sparsity, which counts during training too. */
export class SettingsForm {
  private choices: ArchitectureChoice[] = [];

  constructor(listeners: { train(settings: Settings): void; sparsity(value: number): void }) {
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      listeners.train(this.read());
    });
    for (const { slider } of Object.values(SLIDERS)) {
      slider.addEventListener('input', () => {
        this.show();
        listeners.sparsity(this.sparsity.value);
      });
    }
    form.addEventListener('change', () => this.show());
    this.show();
  }

  offer(choices: ArchitectureChoice[]): void {
    this.choices = choices;
    const options = () =>
      choices.map(({ name, className }) => made('option', { value: name }, className));
    this.select('architecture').replaceChildren(...options());
    this.select('rival').append(...options());
    if (choices.some(({ name }) => name === 'gated')) this.select('architecture').value = 'gated';
    this.show();
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

  /** A dictionary is there; one that somebody has opened is what goes on, unless they say otherwise. */
  offerToGoOn(isOpened: boolean): void {
    this.goOn.disabled = false;
    this.goOn.checked = isOpened;
    this.show();
  }

  private read(): Settings {
    const number = (name: string) =>
      Number((form.elements.namedItem(name) as HTMLInputElement).value);
    return {
      architecture: this.select('architecture').value,
      rival: this.select('rival').value || null,
      goOn: this.goOn.checked,
      features: number('features'),
      epochs: number('epochs'),
      batchSize: number('batchSize'),
      sparsity: this.sparsity,
      learningRate: number('learningRate'),
      seed: number('seed'),
    };
  }

  private get sparsity(): Sparsity {
    const by = this.select('sparsity').value as Sparsity['by'];
    const { slider, valueAt } = SLIDERS[by];
    return { by, value: valueAt(slider.valueAsNumber) };
  }

  private show(): void {
    const goesOn = this.goOn.checked;
    for (const name of ['architecture', 'rival', 'features']) this.select(name).disabled = goesOn;
    const chosen = this.choices.find(({ name }) => name === this.select('architecture').value);
    const isAlone = goesOn || this.select('rival').value === '';
    // Two are compared at an equal L0; and where there is no λ, an L0 is all there is to choose.
    const canBeLambda = isAlone && (goesOn || chosen?.hasLambda !== false);
    const by = this.select('sparsity');
    for (const option of by.options) option.disabled = option.value === 'lambda' && !canBeLambda;
    if (!canBeLambda) by.value = 'l0';
    for (const [name, { slider, valueAt }] of Object.entries(SLIDERS)) {
      const text = short(valueAt(slider.valueAsNumber));
      element(`${name}-value`, HTMLOutputElement).value = text;
      slider.setAttribute('aria-valuetext', text);
      element(`${name}-field`, HTMLElement).hidden = by.value !== name;
    }
    button('train').textContent = goesOn ? 'Train further' : 'Train';
  }

  private get goOn(): HTMLInputElement {
    return form.elements.namedItem('goOn') as HTMLInputElement;
  }

  private select(name: string): HTMLSelectElement {
    return form.elements.namedItem(name) as HTMLSelectElement;
  }
}
