import { Callback } from '@tensorflow/tfjs-layers';
import { wrongOption } from '../errors';
import type { SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import {
  checkOptions,
  finite,
  flag,
  optional,
  positiveInteger,
  type Rules,
  text,
  wholeOr0,
} from '../options';
import type { FaultListener } from './callbacks';
import { trainedModel } from './givenModel';
import type { StepOption } from './stepOptions';

/** Options of {@link anneal}. */
export interface AnnealArgs {
  /** The option's value up to the step `start`. */
  from: number;
  /**
   * The value after another `steps` steps, and the model's own from then on; the model's current
   * value by default.
   */
  to?: number;
  /** Steps from the first value to the second. */
  steps: number;
  /** Steps before the change begins; 0 by default. */
  start?: number;
  /** Steps from one change to the next; 1 by default. */
  every?: number;
  /**
   * Whether λ changes together with the option, so that the penalty times λ stays the same on the
   * rows of that step; false by default. For the `p` of a ReLU SAE.
   */
  keepPenalty?: boolean;
}

type LambdaOptions = { readonly lambdaSparse?: number };

const RULES: Rules<AnnealArgs> = {
  from: finite,
  to: optional(finite),
  steps: positiveInteger(),
  start: wholeOr0(0),
  every: positiveInteger(1),
  keepPenalty: flag(false),
};

/**
 * Returns a callback for `fit` and `fitDataset` that raises λ linearly from 0 to the model's own
 * value over the first steps, so that young features are not suppressed before they have learnt
 * anything.
 *
 * Step t, counted from 0 by the optimizer, uses $\lambda\, \min(1, t / \text{steps})$, like
 * SAELens's `l1_warm_up_steps` and dictionary_learning's `sparsity_warmup_steps`. The model keeps
 * its own λ, which is used for validation and saved in checkpoints and files. Training that is
 * resumed with the same callback therefore continues as if it had never stopped. Each epoch logs
 * its last λ as `lambda_sparse`.
 *
 * @param steps steps of the warm-up, a positive integer
 * @returns a value for `callbacks`, alone or in a list
 * @throws SAE_OPTION if `steps` is not a positive integer. `fit` rejects with SAE_OPTION if the
 *   architecture has no λ, or if `targetL0` controls it.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { ReluSAE, sparsityWarmup } from 'gated-sae-tfjs';
 * const sae = new ReluSAE({ inputDim: 8, encodingDim: 32, lambdaSparse: 0.05 });
 * sae.compile();
 * const x = tf.randomUniform([256, 8]);
 * const { history } = await sae.fit(x, { epochs: 3, verbose: 0, callbacks: sparsityWarmup(15) });
 * console.log(history.lambda_sparse); // 0.0233 0.05 0.05: of steps 7, 15 and 23
 * ```
 */
export function sparsityWarmup(steps: number): Callback {
  const checked = checkOptions<{ steps: number }>(
    'sparsityWarmup',
    { steps: RULES.steps },
    { steps },
  );
  return new StepOptionCallback('sparsityWarmup', () => ({
    option: 'lambdaSparse',
    at: (step, value) => (step < checked.steps ? value * (step / checked.steps) : value),
  }));
}

/**
 * Returns a callback for `fit` and `fitDataset` that changes one of the architecture's options
 * linearly from step to step: `k` from many features to few, λ, `bandwidth`, or any other number
 * that `setOption` can change.
 *
 * After $t$ steps, counted by the optimizer, the value is $from + (to - from)\, \min(1, \max(0, t -
 * start) / steps)$; an option that takes whole numbers gets the integer part. With `every`, the
 * value changes only once in that many steps. From the beginning of training the model's own value
 * is `to`, which is used for validation and saved in checkpoints and files. Training that is
 * resumed with the same callback therefore continues as if it had never stopped. Each epoch logs
 * the last value under the option's name: `k`, `lambda_sparse`, `bandwidth`.
 *
 * A penalty of p-th powers grows as p falls, and would suppress more and more features. With
 * `keepPenalty`, the model's λ is multiplied at each change by the ratio of the penalty with the
 * old value to the penalty with the new one, both on the rows of the step before the change
 * (p-annealing, Karvonen et al. 2024, arXiv:2408.00113; dictionary_learning's trainer with a
 * `sparsity_queue_length` of 1). Each change then takes two passes over the step's rows, so change
 * it rarely: ten times, with an `every` of a tenth of `steps`. Each epoch then logs λ too. The
 * model and its checkpoints keep the new λ.
 *
 * @param option the option's name
 * @param args the first and last value, and the steps between them
 * @returns a value for `callbacks`, alone or in a list
 * @throws SAE_OPTION for an unknown option or a wrong value. `fit` rejects with SAE_OPTION if the
 *   architecture has no such option, the option does not accept such a value, or `targetL0`
 *   controls it.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { anneal, TopKSAE } from 'gated-sae-tfjs';
 * const sae = new TopKSAE({ inputDim: 8, encodingDim: 32, k: 4 });
 * sae.compile();
 * const callbacks = anneal('k', { from: 32, steps: 10 });
 * const { history } = await sae.fit(tf.randomUniform([256, 8]), { epochs: 2, verbose: 0, callbacks });
 * console.log(history.k, sae.sae.options.k); // 12 and 4: of steps 7 and 15; 4
 * ```
 */
export function anneal(option: string, args: AnnealArgs): Callback {
  checkOptions('anneal', { option: text }, { option });
  const checked = checkOptions<AnnealArgs>('anneal', RULES, args);
  const { from, to: given, steps, start, every, keepPenalty } = checked;
  return new StepOptionCallback('anneal', (sae) => {
    const options = sae.options as Record<string, unknown>;
    const own = options[option];
    const to = given ?? own;
    if (own !== undefined && typeof to !== 'number') {
      throw wrongOption('anneal.to', `a number, for ${option} of the model is none`, to);
    }
    try {
      sae.setOption(option, from); // throws if the option does not accept the value
      const isWhole = !takes(sae, option, betweenWhole(from, to as number));
      const round = isWhole ? Math.floor : (value: number) => value;
      sae.setOption(option, to);
      const at = (step: number) => {
        const passed = Math.max(0, step - start);
        const share = Math.min(1, (passed - (passed % every)) / steps);
        return share < 1 ? round(from + ((to as number) - from) * share) : (to as number);
      };
      if (keepPenalty) sae.setOption('lambdaSparse', (sae.options as LambdaOptions).lambdaSparse);
      return { option, at, keepsPenalty: keepPenalty };
    } catch (error) {
      if (Object.hasOwn(options, option)) options[option] = own;
      throw error;
    }
  });
}

/** Returns a number between two others, not a whole one if possible. */
function betweenWhole(one: number, other: number): number {
  const middle = (one + other) / 2;
  return Number.isInteger(middle) ? middle + (Math.min(one, other) - middle) / 1e3 : middle;
}

function takes(sae: SparseAutoencoderLayer, option: string, value: number): boolean {
  try {
    sae.setOption(option, value);
    return true;
  } catch {
    return false;
  }
}

/** Changes an option with the steps of one training. */
class StepOptionCallback extends Callback implements FaultListener {
  private end: () => void = () => {};

  /** @param make called when training begins */
  constructor(
    private readonly where: string,
    private readonly make: (sae: SparseAutoencoderLayer) => StepOption,
  ) {
    super();
  }

  override async onTrainBegin(): Promise<void> {
    const { sae, stepOptions, steering } = trainedModel(this.where, this.model);
    this.end();
    const made = this.make(sae);
    const target = steering?.target ?? null;
    if (target !== null && (made.option === 'lambdaSparse' || made.keepsPenalty)) {
      const advice = 'Leave out targetL0, which finds λ by itself, or this callback.';
      throw wrongOption(
        this.where,
        'a model whose λ nothing else changes',
        { targetL0: target },
        advice,
      );
    }
    // Throws now if there is no such option.
    sae.setOption(made.option, (sae.options as Record<string, unknown>)[made.option]);
    this.end = stepOptions.add(made);
  }

  override async onTrainEnd(): Promise<void> {
    this.end();
  }

  async onTrainFault(): Promise<void> {
    this.end();
  }
}
