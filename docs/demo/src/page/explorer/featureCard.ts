import { made } from '../elements';
import { short } from '../numbers';
import { drawDirection, tileCanvas } from '../tile';
import type { SteeredFeature } from './steering';

/** What somebody can do with a feature's card. */
export interface FeatureListeners {
  /** It has been switched or turned. */
  changed(): void;
  /** Somebody wants to see what is known of it. */
  open(feature: number): void;
}

/** One feature: its direction, how strong it is, a switch and a slider. */
export class FeatureCard {
  readonly element = made('li', { class: 'feature' });
  private readonly tile = tileCanvas();
  private readonly strength = made('span', { class: 'strength' });
  private readonly onOff: HTMLInputElement;
  private readonly slider: HTMLInputElement;
  private entry: SteeredFeature;

  constructor(entry: SteeredFeature, { changed, open }: FeatureListeners) {
    this.entry = entry;
    const { feature } = entry;
    this.tile.setAttribute('aria-hidden', 'true');
    this.onOff = made('input', { type: 'checkbox', 'aria-label': `Feature ${feature} on` });
    this.slider = made('input', {
      type: 'range',
      min: '0',
      max: '4',
      step: '0.05',
      'aria-label': `Strength of feature ${feature}`,
    });
    const name = made('label', { class: 'feature-name' });
    name.append(this.onOff, made('span', { class: 'number' }, `#${feature}`));
    const line = made('div', { class: 'feature-line' });
    line.append(name, this.strength);
    const body = made('div', { class: 'feature-body' });
    body.append(line, this.slider);
    const label = `#${feature}: open this feature`;
    const opener = made('button', { type: 'button', class: 'opener', 'aria-label': label });
    opener.append(this.tile);
    opener.addEventListener('click', () => open(feature));
    this.element.append(opener, body);
    this.element.dataset['feature'] = String(feature);
    const change = () => {
      this.entry.on = this.onOff.checked;
      this.entry.factor = this.slider.valueAsNumber;
      this.showStrength();
      changed();
    };
    this.onOff.addEventListener('change', change);
    this.slider.addEventListener('input', change);
  }

  /** @param direction `[PIXELS]` */
  show(entry: SteeredFeature, direction: Float32Array): void {
    this.entry = entry;
    drawDirection(this.tile, direction);
    this.onOff.checked = this.entry.on;
    this.slider.value = String(this.entry.factor);
    this.showStrength();
  }

  focus(): void {
    this.slider.focus();
  }

  private showStrength(): void {
    const { activation, factor, on, added } = this.entry;
    const now = on ? activation * factor : 0;
    const from = added ? 'added: ' : factor === 1 && on ? '' : `${short(activation)} → `;
    this.strength.textContent = `${from}${short(now)}`;
    this.slider.disabled = !on;
    this.slider.setAttribute('aria-valuetext', `${factor} times, ${short(now)}`);
    this.element.classList.toggle('off', !on);
  }
}
