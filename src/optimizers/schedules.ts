import { serialization } from '@tensorflow/tfjs-core';
import { brand } from '../brand';
import { checkOptions, nonNegative, positive, type Rules } from '../options';

/**
 * A learning rate that depends on the number of steps taken. Extend it for your own schedule, and
 * register the class with `tf.serialization.registerClass`, so that models are saved with it. A
 * schedule whose rate ends at 0 sets `totalSteps` to the step where it does: the optimizer warns
 * when training continues after it.
 *
 * @example
 * ```ts
 * import { KerasAdam, LearningRateSchedule } from 'gated-sae-tfjs';
 * class Halving extends LearningRateSchedule {
 *   static className = 'Halving';
 *   at(iterations: number) {
 *     return 1e-3 * 0.5 ** Math.floor(iterations / 1000);
 *   }
 *   getConfig() {
 *     return {};
 *   }
 * }
 * const optimizer = new KerasAdam({ learningRate: new Halving() });
 * console.log(optimizer.currentLearningRate); // 0.001
 * ```
 */
export abstract class LearningRateSchedule extends serialization.Serializable {
  /**
   * Returns the learning rate of one step.
   *
   * @param iterations steps taken before it: 0 for the first
   * @returns the rate, a finite number
   */
  abstract at(iterations: number): number;

  /**
   * The number of steps after which the rate stays 0; undefined by default, for a rate that does
   * not end.
   */
  declare readonly totalSteps?: number;

  static {
    brand(LearningRateSchedule, 'LearningRateSchedule');
  }
}

/** Options of {@link WarmupCosineDecay}. */
export interface WarmupCosineDecayArgs {
  /** The highest learning rate, above 0, reached at the end of the warm-up. Python: `peak_lr`. */
  peakLr: number;
  /** Steps over which the rate rises from 0; 0 for none. Python: `warmup_steps`. */
  warmupSteps: number;
  /** Steps after which it is 0 again, including the warm-up. Python: `total_steps`. */
  totalSteps: number;
}

const RULES: Rules<WarmupCosineDecayArgs> = {
  peakLr: positive(),
  warmupSteps: nonNegative(),
  totalSteps: nonNegative(),
};

/**
 * A linear rise from 0 to `peakLr`, followed by half a cosine back to 0.
 *
 * With $t$ steps taken before, $T_w$ steps of warm-up and $T$ steps in total:
 *
 * $$
 * lr(t) = \begin{cases}
 * lr_{peak}\; t / T_w & t < T_w \\
 * lr_{peak}\; \tfrac12 \Bigl(1 + \cos\bigl(\pi \min(1, \tfrac{t - T_w}{T - T_w})\bigr)\Bigr) & \text{else}
 * \end{cases}
 * $$
 *
 * (Loshchilov & Hutter 2017, arXiv:1608.03983, equation 5, without restarts): `WarmupCosineDecay`
 * of Python's gated-sae-tf. The first step has rate 0.
 *
 * @example
 * ```ts
 * import { WarmupCosineDecay } from 'gated-sae-tfjs';
 * const schedule = new WarmupCosineDecay({ peakLr: 1e-3, warmupSteps: 100, totalSteps: 1000 });
 * console.log(schedule.at(0), schedule.at(100)); // 0 0.001
 * ```
 */
export class WarmupCosineDecay extends LearningRateSchedule {
  /** The name under which tfjs saves and loads it. */
  static readonly className: string = 'WarmupCosineDecay';
  /** The highest learning rate. */
  readonly peakLr: number;
  /** Steps over which the rate rises. */
  readonly warmupSteps: number;
  /** Steps after which it is 0 again. */
  override readonly totalSteps: number;

  /**
   * Creates a schedule; the number of steps is batches per epoch times epochs.
   *
   * @param args the peak, and the numbers of steps to the peak and to the end
   * @throws SAE_OPTION for an unknown option, a missing one, or a wrong value.
   */
  constructor(args: WarmupCosineDecayArgs) {
    super();
    const checked = checkOptions('WarmupCosineDecay', RULES, args);
    this.peakLr = checked.peakLr;
    this.warmupSteps = checked.warmupSteps;
    this.totalSteps = checked.totalSteps;
  }

  /**
   * Returns the learning rate of one step.
   *
   * @param iterations steps taken before it: 0 for the first
   * @returns from 0 to `peakLr`
   */
  at(iterations: number): number {
    const { peakLr, warmupSteps, totalSteps } = this;
    if (iterations < warmupSteps) return (peakLr * iterations) / Math.max(warmupSteps, 1);
    const progress = (iterations - warmupSteps) / Math.max(totalSteps - warmupSteps, 1);
    return peakLr * 0.5 * (1 + Math.cos(Math.PI * Math.min(progress, 1)));
  }

  /** Returns its options, from which tfjs rebuilds it. */
  getConfig(): serialization.ConfigDict {
    const { peakLr, warmupSteps, totalSteps } = this;
    return { peakLr, warmupSteps, totalSteps };
  }
}
brand(WarmupCosineDecay, WarmupCosineDecay.className);
serialization.registerClass(WarmupCosineDecay);
