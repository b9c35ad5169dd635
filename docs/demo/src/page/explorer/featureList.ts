import { button, element } from '../elements';
import { FeatureCard, type FeatureListeners } from './featureCard';
import type { SteeredFeature } from './steering';

/** Features that are shown at first. */
const FEW = 16;

/** The features of the picture, a card each. */
export class FeatureList {
  private readonly holder = element('features', HTMLUListElement);
  private readonly more = button('more');
  private readonly cards = new Map<number, FeatureCard>();
  private entries: SteeredFeature[] = [];
  private all = false;

  constructor(private readonly listeners: FeatureListeners) {
    this.more.addEventListener('click', () => {
      this.all = !this.all;
      this.arrange();
    });
  }

  /** @param directionOf the direction `[PIXELS]` of each */
  show(entries: SteeredFeature[], directionOf: (feature: number) => Float32Array): void {
    this.entries = entries;
    const gone = new Set(this.cards.keys());
    for (const entry of entries) {
      gone.delete(entry.feature);
      const card = this.cards.get(entry.feature) ?? new FeatureCard(entry, this.listeners);
      this.cards.set(entry.feature, card);
      card.show(entry, directionOf(entry.feature));
    }
    for (const feature of gone) this.cards.delete(feature);
    this.arrange();
  }

  focus(feature: number): void {
    this.cards.get(feature)?.focus();
  }

  private arrange(): void {
    const { entries } = this;
    const shown = this.all ? entries : entries.slice(0, FEW);
    const elements = shown.map(({ feature }) => (this.cards.get(feature) as FeatureCard).element);
    const same =
      elements.length === this.holder.children.length &&
      elements.every((card, i) => card === this.holder.children[i]);
    // Moving a card would take the keyboard's focus from it.
    if (!same) this.holder.replaceChildren(...elements);
    this.more.hidden = entries.length <= FEW;
    this.more.textContent = this.all
      ? 'Show the strongest only'
      : `Show all ${entries.length} features`;
  }
}
