import { element } from '../elements';

/** The form by which a feature comes to a picture that does not have it. */
export class AddFeature {
  private readonly form = element('add', HTMLFormElement);
  private readonly field = this.form.elements.namedItem('feature') as HTMLInputElement;
  private usual: Float32Array = new Float32Array(0);

  /** @param add is told which feature, and how strong it usually is */
  constructor(add: (feature: number, activation: number) => void) {
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      const feature = this.field.valueAsNumber;
      add(feature, this.usualOf(feature));
    });
  }

  /** How strong a feature usually is; 1 for one that never fires. */
  usualOf(feature: number): number {
    return this.usual[feature] || 1;
  }

  /** @param usual each feature's mean activation where it fires */
  offer(features: number, usual: Float32Array): void {
    this.usual = usual;
    this.field.max = String(features - 1);
    this.field.disabled = false;
    const [submit] = this.form.getElementsByTagName('button');
    if (submit) submit.disabled = false;
  }
}
