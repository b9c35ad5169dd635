import * as tf from '@tensorflow/tfjs-core';
import { brand } from '../brand';
import { checkOptions, decayRate, positive, type Rules } from '../options';
import { KerasOptimizer, type KerasOptimizerArgs, sharedRules } from './kerasOptimizer';
import { OptimizerState } from './optimizerState';

/** Options of {@link KerasAdam}. */
export interface KerasAdamArgs extends KerasOptimizerArgs {
  /** β1, the decay of the first moment, in [0, 1); 0.9 by default, 0 in the Gated SAE paper. */
  beta1?: number;
  /** β2, the decay of the second moment, in [0, 1); 0.999 by default. */
  beta2?: number;
  /** ε, added to the root of the second moment, above 0; 1e-7 by default. */
  epsilon?: number;
}

const RULES: Rules<KerasAdamArgs> = {
  ...sharedRules(1e-3),
  beta1: decayRate(0.9),
  beta2: decayRate(0.999),
  epsilon: positive(1e-7),
};

/**
 * The moments of one variable; without momentum (β1 = 0) the first exists only if a file had it.
 */
interface AdamState {
  readonly m?: tf.Variable;
  readonly v: tf.Variable;
}

/**
 * Adam as in Keras 3, so that training here and in Python gives the same numbers.
 *
 * For each weight $w$ with gradient $g$, in step $t$, counted from 1:
 *
 * $$
 * \begin{aligned}
 * m &\leftarrow m + (g - m)(1 - \beta_1) && \text{shaped as } w \\
 * v &\leftarrow v + (g^2 - v)(1 - \beta_2) && \text{shaped as } w \\
 * \alpha &= lr\,\sqrt{1 - \beta_2^t} \,/\, (1 - \beta_1^t) && \text{a number} \\
 * w &\leftarrow w - \alpha\, m \,/\, (\sqrt v + \epsilon) && \text{shaped as } w
 * \end{aligned}
 * $$
 *
 * with ε outside the root and before the bias correction, whereas tfjs's `tf.train.adam` applies it
 * after (keras/src/optimizers/adam.py; Kingma & Ba 2014, arXiv:1412.6980, end of section 2). α is
 * computed in double precision, from powers of β that are rounded to float32 as in Keras. With
 * `weightDecay` it is Keras' AdamW, which is the same as Keras' Adam with `weight_decay`: before
 * the update `w ← w − w·weightDecay·lr` (Loshchilov & Hutter 2019, arXiv:1711.05101).
 *
 * It works with any tfjs model: `model.compile({optimizer: new KerasAdam(), loss})`. The optimizer
 * owns its state: whoever created it disposes it.
 *
 * @example
 * ```ts
 * import { KerasAdam, WarmupCosineDecay } from 'gated-sae-tfjs';
 * const learningRate = new WarmupCosineDecay({ peakLr: 1e-3, warmupSteps: 50, totalSteps: 500 });
 * const optimizer = new KerasAdam({ learningRate, beta1: 0 });
 * const adamW = new KerasAdam({ weightDecay: 4e-3 });
 * ```
 */
export class KerasAdam extends KerasOptimizer<AdamState> {
  /** The name under which tfjs saves and loads it. */
  static readonly className: string = 'KerasAdam';
  /** β1, the decay of the first moment. */
  readonly beta1: number;
  /** β2, the decay of the second moment. */
  readonly beta2: number;
  /** ε, added to the root of the second moment. */
  readonly epsilon: number;
  /** @internal */
  protected readonly state: OptimizerState<AdamState>;

  /**
   * Creates an optimizer that has taken no steps.
   *
   * @param args the rate, the decays and the limits; every option has a default
   * @throws SAE_OPTION for an unknown option or a wrong value, and for more than one of `clipnorm`,
   * `globalClipnorm` and `clipvalue`.
   */
  constructor(args: KerasAdamArgs = {}) {
    const checked = checkOptions('KerasAdam', RULES, args);
    super(checked);
    this.beta1 = checked.beta1;
    this.beta2 = checked.beta2;
    this.epsilon = checked.epsilon;
    // Keras keeps m without momentum too, where it equals the last gradient.
    const layouts = this.beta1 === 0 ? ([['v'], ['m', 'v']] as const) : ([['m', 'v']] as const);
    this.state = new OptimizerState(this.getClassName(), layouts);
  }

  /** @internal */
  protected updated(w: tf.Tensor, g: tf.Tensor, { m, v }: AdamState, rate: number): tf.Tensor {
    const { beta1, beta2, epsilon } = this;
    v.assign(tf.add(v, tf.mul(tf.sub(tf.square(g), v), 1 - beta2)));
    // Without momentum, exactly the gradient itself, whether or not a file had an m.
    const first = m && beta1 > 0 ? tf.add(m, tf.mul(tf.sub(g, m), 1 - beta1)) : g;
    m?.assign(first);
    const step = tf.mul(first, this.biasCorrected(rate));
    return tf.sub(w, tf.div(step, tf.add(tf.sqrt(v), epsilon)));
  }

  /** Returns `lr · √(1 − β2ᵗ) / (1 − β1ᵗ)` for step t, the next one. */
  private biasCorrected(rate: number): number {
    const t = this.iterations + 1;
    // Keras keeps β and βᵗ in float32. Near t = 1 that shifts 1 − β2ᵗ by a relative 1e-5, ten times
    // all other rounding of a step, so it is done here too.
    const power = (beta: number) => Math.fround(Math.fround(beta) ** t);
    return (rate * Math.sqrt(1 - power(this.beta2))) / (1 - power(this.beta1));
  }

  /**
   * Returns α of the next step: the rate including the bias correction.
   *
   * @internal
   */
  stepSize(): number {
    return this.biasCorrected(this.finiteRate());
  }

  /** Returns its options, from which `fromConfig` rebuilds it. */
  override getConfig(): tf.serialization.ConfigDict {
    const { beta1, beta2, epsilon } = this;
    return { ...super.getConfig(), beta1, beta2, epsilon };
  }
}
brand(KerasAdam, KerasAdam.className);
tf.serialization.registerClass(KerasAdam);
