import * as tf from '@tensorflow/tfjs-core';
import { decayRate, flag, type Rule, type Rules } from '../options';
import { type NamedTensor, OptimizerState } from './optimizerState';

/** How an optimizer averages the weights that it trains. */
export interface AveragingOptions {
  /**
   * Whether to keep an exponential moving average of each weight, which `fit` of a dictionary leaves in
   * its place at the end; false by default. Python: `use_ema`.
   */
  useEma?: boolean;
  /** What stays of the average at each step, in [0, 1); 0.99 by default. Python: `ema_momentum`. */
  emaMomentum?: number;
  /**
   * After how many steps the weights are set to their averages, again and again; null, the default, for
   * never. Python: `ema_overwrite_frequency`.
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

/** How the name of an average ends in files. */
const ENDING = '/average';

/**
 * The exponential moving averages of variables, as Keras's optimizers keep them: after step t, counted
 * from 1, `average ← momentum · average + (1 − momentum) · w`, and w itself where t = 1.
 */
export class MovingAverage extends OptimizerState<Average> {
  /** @param owner whose it is, for errors */
  constructor(
    owner: string,
    private readonly options: Required<AveragingOptions>,
  ) {
    super(owner, [['average']]);
  }

  /**
   * Takes variables in as a step has left them.
   *
   * @param variables in the order in which the optimizer gets them
   * @param steps taken, with this one
   * @returns whether they have been set to their averages
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

  /** Takes the averages among what an optimizer has in files. */
  override load(tensors: readonly NamedTensor[]): void {
    super.load(tensors.filter(isAverage));
  }
}

/** Whether a tensor that an optimizer has in files is an average. */
export const isAverage = ({ name }: NamedTensor): boolean => name.endsWith(ENDING);
