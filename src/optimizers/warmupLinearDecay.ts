import { serialization } from '@tensorflow/tfjs-core';
import { brand } from '../brand';
import { wrongOption } from '../errors';
import { checkOptions, nonNegative, positive, type Rules } from '../options';
import { LearningRateSchedule } from './schedules';

/** Options of {@link WarmupLinearDecay}. */
export interface WarmupLinearDecayArgs {
  /** The highest learning rate, above 0. Python: `peak_lr`. */
  peakLr: number;
  /** Steps over which the rate rises to `peakLr`; 0 for none. Python: `warmup_steps`. */
  warmupSteps: number;
  /** Steps at the end over which the rate falls to 0; 0 for none. Python: `decay_steps`. */
  decaySteps: number;
  /** The total number of steps: warm-up, decay, and those between them. Python: `total_steps`. */
  totalSteps: number;
  /** The rate of the first step, if there is a warm-up; 0 by default. Python: `start_lr`. */
  startLr?: number;
}

const RULES: Rules<WarmupLinearDecayArgs> = {
  peakLr: positive(),
  warmupSteps: nonNegative(),
  decaySteps: nonNegative(),
  totalSteps: nonNegative(),
  startLr: nonNegative(0),
};

/**
 * A linear rise to `peakLr`, a constant rate for most of the training, and a linear fall to 0 at
 * the end.
 *
 * With $t$ steps taken before, $T_w$ steps of warm-up, $T_d$ of decay and $T$ in total:
 *
 * $$
 * lr(t) = \begin{cases}
 * lr_{start} + (lr_{peak} - lr_{start})\; t / T_w & t < T_w \\
 * lr_{peak} & T_w \le t < T - T_d \\
 * lr_{peak}\; \max(0,\, T - t) / T_d & \text{else}
 * \end{cases}
 * $$
 *
 * This is `get_lr_schedule` of dictionary_learning/trainers/trainer.py (`warmup_steps`,
 * `decay_start` = $T - T_d$). SAELens's `constant` schedule begins with a rate above 0: its
 * `lr_warm_up_steps` of W corresponds to `warmupSteps: W - 1, startLr: peakLr / W` here. Without
 * decay the rate stays at its peak after `totalSteps`.
 *
 * @example
 * ```ts
 * import { WarmupLinearDecay } from 'gated-sae-tfjs';
 * const steps = { warmupSteps: 100, decaySteps: 200, totalSteps: 1000 };
 * const schedule = new WarmupLinearDecay({ peakLr: 1e-3, ...steps });
 * console.log([0, 50, 100, 800, 900, 1000].map((t) => schedule.at(t))); // 0 5e-4 1e-3 1e-3 5e-4 0
 * ```
 */
export class WarmupLinearDecay extends LearningRateSchedule {
  /** The name under which tfjs saves and loads it. */
  static readonly className: string = 'WarmupLinearDecay';
  /** The highest learning rate. */
  readonly peakLr: number;
  /** Steps over which the rate rises. */
  readonly warmupSteps: number;
  /** Steps at the end over which it falls. */
  readonly decaySteps: number;
  /** The total number of steps; with a decay the rate is 0 after them. */
  override readonly totalSteps: number;
  /** The rate of the first step, if there is a warm-up. */
  readonly startLr: number;

  /**
   * Creates a schedule; the number of steps is batches per epoch times epochs.
   *
   * @param args the peak, the steps of the rise and the fall, and the total number of steps
   * @throws SAE_OPTION for an unknown option, a missing one, or a wrong value; if warm-up and decay
   *   have more steps than the total.
   */
  constructor(args: WarmupLinearDecayArgs) {
    super();
    const checked = checkOptions('WarmupLinearDecay', RULES, args);
    const { warmupSteps, decaySteps, totalSteps } = checked;
    if (warmupSteps + decaySteps > totalSteps) {
      const expected = `at least warmupSteps + decaySteps, ${warmupSteps + decaySteps}`;
      const advice = 'Give fewer steps of warm-up or decay.';
      throw wrongOption('WarmupLinearDecay.totalSteps', expected, totalSteps, advice);
    }
    this.peakLr = checked.peakLr;
    this.warmupSteps = warmupSteps;
    this.decaySteps = decaySteps;
    this.totalSteps = totalSteps;
    this.startLr = checked.startLr;
  }

  /**
   * Returns the learning rate of one step.
   *
   * @param iterations steps taken before it: 0 for the first
   * @returns a rate from 0 to the larger of `peakLr` and `startLr`
   */
  at(iterations: number): number {
    const { peakLr, warmupSteps, decaySteps, totalSteps, startLr } = this;
    if (iterations < warmupSteps) {
      return startLr + ((peakLr - startLr) * iterations) / warmupSteps;
    }
    if (decaySteps === 0 || iterations < totalSteps - decaySteps) return peakLr;
    return (peakLr * Math.max(0, totalSteps - iterations)) / decaySteps;
  }

  /** Returns its options, from which tfjs rebuilds it. */
  getConfig(): serialization.ConfigDict {
    const { peakLr, warmupSteps, decaySteps, totalSteps, startLr } = this;
    return { peakLr, warmupSteps, decaySteps, totalSteps, startLr };
  }
}
brand(WarmupLinearDecay, WarmupLinearDecay.className);
serialization.registerClass(WarmupLinearDecay);
