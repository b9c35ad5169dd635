import * as tf from '@tensorflow/tfjs-core';
import { brand } from '../brand';
import { checkOptions, flag, type Rules } from '../options';
import { KerasOptimizer, type KerasOptimizerArgs, sharedRules } from './kerasOptimizer';
import { OptimizerState } from './optimizerState';

/** Options of {@link KerasSGD}. */
export interface KerasSGDArgs extends KerasOptimizerArgs {
  /** μ, the share of the last step that is repeated, from 0 to 1; 0 by default. */
  momentum?: number;
  /** Whether to use Nesterov's look-ahead; false by default. */
  nesterov?: boolean;
}

const RULES: Rules<KerasSGDArgs> = {
  ...sharedRules(1e-2),
  momentum: {
    expected: 'a number in [0, 1]',
    accepts: (v) => typeof v === 'number' && v >= 0 && v <= 1,
    fallback: 0,
  },
  nesterov: flag(false),
};

/** The last step of one variable; only with momentum. */
interface SGDState {
  readonly m?: tf.Variable;
}

/**
 * Gradient descent as in Keras 3, so that training here and in Python gives the same numbers.
 *
 * For each weight $w$ with gradient $g$ of the same shape: $w \leftarrow w - lr\,g$ without
 * momentum, and with momentum $\mu$
 *
 * $$
 * \begin{aligned}
 * m &\leftarrow \mu\, m - lr\, g \\
 * w &\leftarrow w + m && \text{or with Nesterov's} \quad w \leftarrow w + \mu\, m - lr\, g
 * \end{aligned}
 * $$
 *
 * (keras/src/optimizers/sgd.py). The rate is included in $m$, whereas tfjs's `tf.train.momentum`
 * applies it outside: a new rate affects new gradients only.
 *
 * It works with any tfjs model: `model.compile({optimizer: new KerasSGD(), loss})`. Dictionaries
 * use the tensor step with it.
 *
 * @example
 * ```ts
 * import { GatedSAE, KerasSGD } from 'gated-sae-tfjs';
 * const sae = new GatedSAE({ inputDim: 16, encodingDim: 64 });
 * const optimizer = new KerasSGD({ learningRate: 0.05, momentum: 0.9, nesterov: true });
 * sae.compile({ optimizer, step: 'tensor' });
 * ```
 */
export class KerasSGD extends KerasOptimizer<SGDState> {
  /** The name under which tfjs saves and loads it. */
  static readonly className: string = 'KerasSGD';
  /** μ, the share of the last step that is repeated. */
  readonly momentum: number;
  /** Whether Nesterov's look-ahead is used. */
  readonly nesterov: boolean;
  /** @internal */
  protected readonly state: OptimizerState<SGDState>;

  /**
   * Creates an optimizer that has taken no steps.
   *
   * @param args the rate, the momentum and the limits; every option has a default
   * @throws SAE_OPTION for an unknown option or a wrong value, and for more than one of `clipnorm`,
   * `globalClipnorm` and `clipvalue`.
   */
  constructor(args: KerasSGDArgs = {}) {
    const checked = checkOptions('KerasSGD', RULES, args);
    super(checked);
    this.momentum = checked.momentum;
    this.nesterov = checked.nesterov;
    this.state = new OptimizerState(this.getClassName(), [this.momentum === 0 ? [] : ['m']]);
  }

  /** @internal */
  protected updated(w: tf.Tensor, g: tf.Tensor, { m }: SGDState, rate: number): tf.Tensor {
    const { momentum, nesterov } = this;
    const step = tf.mul(g, rate);
    if (m === undefined) return tf.sub(w, step);
    m.assign(tf.sub(tf.mul(m, momentum), step));
    return tf.add(w, nesterov ? tf.sub(tf.mul(m, momentum), step) : m);
  }

  /** Returns its options, from which `fromConfig` rebuilds it. */
  override getConfig(): tf.serialization.ConfigDict {
    const { momentum, nesterov } = this;
    return { ...super.getConfig(), momentum, nesterov };
  }
}
brand(KerasSGD, KerasSGD.className);
tf.serialization.registerClass(KerasSGD);
