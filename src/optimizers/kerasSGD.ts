import * as tf from '@tensorflow/tfjs-core';
import { brand } from '../brand';
import { checkOptions, flag, type Rules } from '../options';
import { KerasOptimizer, type KerasOptimizerArgs, sharedRules } from './kerasOptimizer';
import { OptimizerState } from './optimizerState';

/** What {@link KerasSGD} takes. */
export interface KerasSGDArgs extends KerasOptimizerArgs {
  /** μ, the share of the last step that is taken again, from 0 to 1; 0 by default. */
  momentum?: number;
  /** Whether to look ahead by the momentum, as Nesterov does; false by default. */
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
 * Gradient descent as Keras 3 computes it, so that training here and in Python gives the same
 * numbers.
 *
 * For each weight $w$ with gradient $g$, all of its shape: $w \leftarrow w - lr\,g$ without momentum, and
 * with momentum $\mu$
 *
 * $$
 * \begin{aligned}
 * m &\leftarrow \mu\, m - lr\, g \\
 * w &\leftarrow w + m && \text{or with Nesterov's} \quad w \leftarrow w + \mu\, m - lr\, g
 * \end{aligned}
 * $$
 *
 * (keras/src/optimizers/sgd.py). The rate is in $m$, where tfjs's own `tf.train.momentum` has it
 * outside: another rate counts for new gradients alone.
 *
 * Works with any tfjs model: `model.compile({optimizer: new KerasSGD(), loss})`. Dictionaries train
 * with it by the tensor step.
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
  /** The name that tfjs saves and loads it by. */
  static readonly className: string = 'KerasSGD';
  /** μ, the share of the last step that is taken again. */
  readonly momentum: number;
  /** Whether to look ahead by the momentum. */
  readonly nesterov: boolean;
  /** @internal */
  protected readonly state: OptimizerState<SGDState>;

  /**
   * An optimizer that has taken no step yet.
   *
   * @param args the rate, the momentum and the limits; all of it has a default
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

  /** What `fromConfig` makes it anew with: its options. */
  override getConfig(): tf.serialization.ConfigDict {
    const { momentum, nesterov } = this;
    return { ...super.getConfig(), momentum, nesterov };
  }
}
brand(KerasSGD, KerasSGD.className);
tf.serialization.registerClass(KerasSGD);
