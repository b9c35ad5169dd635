import * as tf from '@tensorflow/tfjs-core';
import { decayRate, flag, type Rule, type Rules } from '../options';
import { type NamedTensor, OptimizerState } from './optimizerState';

/** Options for averaging the weights that an optimizer trains. */
export interface AveragingOptions {
  /**
   * Whether to keep an exponential moving average of each weight; `fit` of a dictionary sets the
   * weights to it at the end; false by default. Python: `use_ema`.
   */
  useEma?: boolean;
  /**
   * The share of the average that each step keeps, in [0, 1); 0.99 by default. Python:
   * `ema_momentum`.
   */
  emaMomentum?: number;
  /**
   * The interval in steps at which weights are set to their averages; null, the default, for never.
   * Python: `ema_overwrite_frequency`.
   */
  emaOverwriteFrequency?: number | null;
}

const frequency: Rule<number | null> = {
  expected: 'a positive integer, or null for never',
  accepts: (v) => v === null || (Number.isSafeInteger(v) && (v as number) > 0),
  fallback: null,
};

export const AVERAGING_RULES: Rules<AveragingOptions> = {
  useEma: flag(false),
  emaMomentum: decayRate(0.99),
  emaOverwriteFrequency: frequency,
};

/** The average of one variable. */
type Average = { readonly average: tf.Variable };

/** The ending of an average's name in files. */
const ENDING = '/average';

/**
 * The exponential moving averages of variables, as in Keras's optimizers: after step t, counted
 * from 1, `average ← momentum · average + (1 − momentum) · w`, and w itself for t = 1.
 */
export class MovingAverage extends OptimizerState<Average> {
  /** @param owner the optimizer's name, for errors */
  constructor(
    owner: string,
    private readonly options: Required<AveragingOptions>,
  ) {
    super(owner, [['average']]);
  }

  /**
   * Updates the averages with the variables' values after a step.
   *
   * @param variables in the order in which the optimizer gets them
   * @param steps the number of steps taken, including this one
   * @returns whether the variables were set to their averages
   */
  take(variables: readonly tf.Variable[], steps: number): boolean {
    const { emaMomentum, emaOverwriteFrequency } = this.options;
    const momentum = steps > 1 ? emaMomentum : 0;
    const isDue = emaOverwriteFrequency !== null && steps % emaOverwriteFrequency === 0;
    tf.tidy(() => {
      variables.forEach((w, position) => {
        const { average } = this.of(position, w);
        average.assign(tf.add(tf.mul(average, momentum), tf.mul(w, 1 - momentum)));
      });
    });
    if (isDue) this.into(variables);
    return isDue;
  }

  /** Sets variables to their averages, as far as there are any. */
  into(variables: readonly tf.Variable[]): void {
    variables.forEach((w, position) => {
      if (this.has(position)) w.assign(this.of(position, w).average);
    });
  }

  /** Loads the averages from an optimizer's tensors in files. */
  override load(tensors: readonly NamedTensor[]): void {
    super.load(tensors.filter(isAverage));
  }
}

/** Returns whether a tensor of an optimizer in files is an average. */
export const isAverage = ({ name }: NamedTensor): boolean => name.endsWith(ENDING);
