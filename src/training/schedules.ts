import { serialization } from '@tensorflow/tfjs-core';
import { checkOptions, nonNegative, positive, type Rules } from '../options';

/** A learning rate that depends on how many steps have been taken. */
export abstract class LearningRateSchedule extends serialization.Serializable {
  /**
   * The learning rate of one step.
   *
   * @param iterations steps taken before it: 0 for the first
   */
  abstract at(iterations: number): number;
}

/** What {@link WarmupCosineDecay} takes. */
export interface WarmupCosineDecayArgs {
  /** The highest learning rate, reached at the end of the warm-up. */
  peakLr: number;
  /** Steps over which the rate rises from 0. */
  warmupSteps: number;
  /** Steps after which it is 0 again. */
  totalSteps: number;
}

const RULES: Rules<WarmupCosineDecayArgs> = {
  peakLr: positive(),
  warmupSteps: nonNegative(),
  totalSteps: nonNegative(),
};

/**
 * A linear rise from 0 to `peakLr`, then half a cosine back to 0.
 *
 * `peakLr · t / warmupSteps` before `warmupSteps`, then
 * `peakLr · ½ (1 + cos(π · min(1, (t − warmupSteps) / (totalSteps − warmupSteps))))`:
 * the `WarmupCosineDecay` of Python's gated-sae-tf. The first step has rate 0.
 *
 * @throws SAE_OPTION for an unknown option, a missing one, or a wrong value.
 * @example
 * ```ts
 * import { WarmupCosineDecay } from 'gated-sae-tfjs';
 * const schedule = new WarmupCosineDecay({ peakLr: 1e-3, warmupSteps: 100, totalSteps: 1000 });
 * console.log(schedule.at(0), schedule.at(100)); // 0 0.001
 * ```
 */
export class WarmupCosineDecay extends LearningRateSchedule {
  /** The name that tfjs saves and loads it by. */
  static readonly className: string = 'WarmupCosineDecay';
  /** The highest learning rate. */
  readonly peakLr: number;
  /** Steps over which the rate rises. */
  readonly warmupSteps: number;
  /** Steps after which it is 0 again. */
  readonly totalSteps: number;

  constructor(args: WarmupCosineDecayArgs) {
    super();
    const checked = checkOptions('WarmupCosineDecay', RULES, args);
    this.peakLr = checked.peakLr;
    this.warmupSteps = checked.warmupSteps;
    this.totalSteps = checked.totalSteps;
  }

  at(iterations: number): number {
    const { peakLr, warmupSteps, totalSteps } = this;
    if (iterations < warmupSteps) return (peakLr * iterations) / Math.max(warmupSteps, 1);
    const progress = (iterations - warmupSteps) / Math.max(totalSteps - warmupSteps, 1);
    return peakLr * 0.5 * (1 + Math.cos(Math.PI * Math.min(progress, 1)));
  }

  getConfig(): serialization.ConfigDict {
    const { peakLr, warmupSteps, totalSteps } = this;
    return { peakLr, warmupSteps, totalSteps };
  }
}
serialization.registerClass(WarmupCosineDecay);
