import { serialization } from '@tensorflow/tfjs-core';
import { brand } from '../brand';
import { checkOptions, nonNegative, positive, type Rules } from '../options';

/**
 * A learning rate that depends on how many steps have been taken. Extend it for a schedule of your own,
 * and register that with `tf.serialization.registerClass`, so that models are saved with it. One whose
 * rate is 0 in the end says from which step on, by `totalSteps`: the optimizer warns of training that
 * goes on behind it.
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
   * The learning rate of one step.
   *
   * @param iterations steps taken before it: 0 for the first
   * @returns the rate, a finite number
   */
  abstract at(iterations: number): number;

  /** Steps after which the rate is 0 for good; none by default, for a rate that does not end. */
  declare readonly totalSteps?: number;

  static {
    brand(LearningRateSchedule, 'LearningRateSchedule');
  }
}

/** What {@link WarmupCosineDecay} takes. */
export interface WarmupCosineDecayArgs {
  /** The highest learning rate, above 0, reached at the end of the warm-up. Python: `peak_lr`. */
  peakLr: number;
  /** Steps over which the rate rises from 0; 0 for none. Python: `warmup_steps`. */
  warmupSteps: number;
  /** Steps after which it is 0 again, the warm-up's among them. Python: `total_steps`. */
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
 * With $t$ steps taken before, $T_w$ of warm-up and $T$ altogether:
 *
 * $$
 * lr(t) = \begin{cases}
 * lr_{peak}\; t / T_w & t < T_w \\
 * lr_{peak}\; \tfrac12 \Bigl(1 + \cos\bigl(\pi \min(1, \tfrac{t - T_w}{T - T_w})\bigr)\Bigr) & \text{else}
 * \end{cases}
 * $$
 *
 * (Loshchilov & Hutter 2017, arXiv:1608.03983, equation 5, without restarts): the `WarmupCosineDecay` of
 * Python's gated-sae-tf. The first step has rate 0.
 *
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
  override readonly totalSteps: number;

  /**
   * A schedule of so many steps: batches of an epoch, times epochs.
   *
   * @param args the peak, and how many steps lead to it and to the end
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
   * The learning rate of one step.
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

  /** What tfjs makes it anew with: its options. */
  getConfig(): serialization.ConfigDict {
    const { peakLr, warmupSteps, totalSteps } = this;
    return { peakLr, warmupSteps, totalSteps };
  }
}
brand(WarmupCosineDecay, WarmupCosineDecay.className);
serialization.registerClass(WarmupCosineDecay);
