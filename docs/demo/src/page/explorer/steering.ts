import type { Encoded } from '../../protocol';

/** A feature of the picture, and what somebody has done to it. */
export interface SteeredFeature {
  feature: number;
  /** As the encoder has it; of an added one what is usual for it. */
  activation: number;
  /** What it is multiplied by, from 0 to 4. */
  factor: number;
  on: boolean;
  added: boolean;
}

/** The features of a picture, switched off, turned up and down, and added to. */
export class Steering {
  private active: SteeredFeature[] = [];
  /** Those that somebody has added, the last one first. */
  added: readonly SteeredFeature[] = [];

  /** Other features; what was done to those that are still there stays where `keep` says so. */
  show({ features, activations }: Encoded, keep: boolean): void {
    const before = new Map(this.all.map((entry) => [entry.feature, entry]));
    const fresh = { factor: 1, on: true };
    this.active = Array.from(features, (feature, i) => {
      const { factor, on } = (keep && before.get(feature)) || fresh;
      return { feature, activation: activations[i] as number, factor, on, added: false };
    });
    const active = new Set(features);
    this.added = keep ? this.added.filter(({ feature }) => !active.has(feature)) : [];
  }

  /** Those that somebody has added, then the picture's own, the strongest first. */
  get all(): SteeredFeature[] {
    return [...this.added, ...this.active];
  }

  /** Whether anything is otherwise than the encoder has it. */
  get isSteered(): boolean {
    return this.added.length > 0 || this.active.some(({ factor, on }) => factor !== 1 || !on);
  }

  /** @returns false where it is there already. */
  add(feature: number, activation: number): boolean {
    if (this.all.some((entry) => entry.feature === feature)) return false;
    this.added = [{ feature, activation, factor: 1, on: true, added: true }, ...this.added];
    return true;
  }

  reset(): void {
    this.added = [];
    for (const entry of this.active) Object.assign(entry, { factor: 1, on: true });
  }

  /** What the decoder is to make a picture of. */
  codes(): { features: Uint32Array; activations: Float32Array } {
    const firing = this.all.filter(({ on, factor }) => on && factor > 0);
    return {
      features: Uint32Array.from(firing, ({ feature }) => feature),
      activations: Float32Array.from(firing, ({ activation, factor }) => activation * factor),
    };
  }
}
