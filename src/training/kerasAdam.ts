import * as tf from '@tensorflow/tfjs-core';
import { missing, wrongOptimizerState, wrongOption } from '../errors';
import { clipFactor, globalNorm } from '../math/norms';
import {
  checkOptions,
  decayRate,
  positive,
  positiveOrNull,
  type Rule,
  type Rules,
} from '../options';
import { LearningRateSchedule } from './schedules';

type NamedTensor = Parameters<tf.Optimizer['setWeights']>[0][number];

/** What {@link KerasAdam} takes. */
export interface KerasAdamArgs {
  /** A fixed rate or a schedule; 1e-3 by default. */
  learningRate?: number | LearningRateSchedule;
  /** Decay of the first moment; 0.9 by default, 0 in the Gated SAE paper. */
  beta1?: number;
  /** Decay of the second moment; 0.999 by default. */
  beta2?: number;
  /** Added to the root of the second moment; 1e-7 by default. */
  epsilon?: number;
  /** Largest norm of all gradients together; null, the default, for no limit. */
  globalClipnorm?: number | null;
}

const learningRateRule: Rule<number | LearningRateSchedule> = {
  expected: 'a finite number ≥ 0 or a LearningRateSchedule',
  accepts: (v) =>
    v instanceof LearningRateSchedule || (typeof v === 'number' && Number.isFinite(v) && v >= 0),
  fallback: 1e-3,
};
const RULES: Rules<KerasAdamArgs> = {
  learningRate: learningRateRule,
  beta1: decayRate(0.9),
  beta2: decayRate(0.999),
  epsilon: positive(1e-7),
  globalClipnorm: positiveOrNull(null),
};

/** The moments of one variable. Without momentum (β1 = 0) there is no first one to keep. */
interface Slot {
  name: string;
  m?: tf.Variable;
  v: tf.Variable;
}

/**
 * Adam as Keras 3 computes it, so that training here and in Python gives the same numbers.
 *
 * `w ← w − α·m / (√v + ε)` with `α = lr·√(1 − β2ᵗ) / (1 − β1ᵗ)`, ε outside the root and before the
 * bias correction, where tfjs's own `tf.train.adam` has it after (keras/src/optimizers/adam.py;
 * Kingma & Ba 2014, end of section 2). α is computed in double precision, from powers of β that
 * are rounded to float32 as Keras's are.
 *
 * Works with any tfjs model: `model.compile({optimizer: new KerasAdam(), loss})`.
 *
 * @throws SAE_OPTION for an unknown option or a wrong value.
 * @example
 * ```ts
 * import { KerasAdam, WarmupCosineDecay } from 'gated-sae-tfjs';
 * const learningRate = new WarmupCosineDecay({ peakLr: 1e-3, warmupSteps: 50, totalSteps: 500 });
 * const optimizer = new KerasAdam({ learningRate, beta1: 0 });
 * ```
 */
export class KerasAdam extends tf.Optimizer {
  /** The name that tfjs saves and loads it by. */
  static readonly className: string = 'KerasAdam';
  /** Decay of the first moment. */
  readonly beta1: number;
  /** Decay of the second moment. */
  readonly beta2: number;
  /** Added to the root of the second moment. */
  readonly epsilon: number;
  /** Largest norm of all gradients together. */
  readonly globalClipnorm: number | null;
  private rate: number | LearningRateSchedule;
  private slots: Slot[] = [];
  private savedIterations: tf.Scalar | undefined;

  constructor(args: KerasAdamArgs = {}) {
    super();
    const checked = checkOptions('KerasAdam', RULES, args);
    this.rate = checked.learningRate;
    this.beta1 = checked.beta1;
    this.beta2 = checked.beta2;
    this.epsilon = checked.epsilon;
    this.globalClipnorm = checked.globalClipnorm;
    this.iterations_ = 0;
  }

  /** A rate, or a schedule of it; a new one counts from the next step. */
  get learningRate(): number | LearningRateSchedule {
    return this.rate;
  }

  set learningRate(rate: number | LearningRateSchedule) {
    if (!learningRateRule.accepts(rate)) {
      throw wrongOption('KerasAdam.learningRate', learningRateRule.expected, rate);
    }
    this.rate = rate;
  }

  /** The rate of the next step. */
  get currentLearningRate(): number {
    return typeof this.rate === 'number' ? this.rate : this.rate.at(this.iterations);
  }

  override applyGradients(gradients: tf.NamedTensorMap | NamedTensor[]): void {
    const list = Array.isArray(gradients)
      ? gradients
      : Object.entries(gradients).map(([name, tensor]) => ({ name, tensor }));
    const rate = this.currentLearningRate;
    if (!Number.isFinite(rate)) {
      const at = `KerasAdam.learningRate at step ${this.iterations + 1}`;
      throw wrongOption(at, 'a finite number', rate);
    }
    const alpha = this.biasCorrected(rate);
    tf.tidy(() => {
      const present = list.filter(({ tensor }) => tensor != null).map(({ tensor }) => tensor);
      const factor =
        this.globalClipnorm === null || present.length === 0
          ? undefined
          : clipFactor(globalNorm(present), this.globalClipnorm);
      list.forEach(({ name, tensor }, position) => {
        const w = tf.engine().registeredVariables[name] as tf.Variable;
        const slot = this.slot(position, name, w);
        if (tensor == null) return; // nothing in the loss depends on it
        tf.tidy(() => this.update(w, slot, factor ? tf.mul(tensor, factor) : tensor, alpha));
      });
    });
    this.incrementIterations();
  }

  /** `lr · √(1 − β2ᵗ) / (1 − β1ᵗ)` for step t, the next one. */
  private biasCorrected(rate: number): number {
    const t = this.iterations + 1;
    // Keras keeps β and βᵗ in float32. Near t = 1 that moves 1 − β2ᵗ by 1e-5 of itself, ten times
    // what all other rounding of a step comes to, so it is done here too.
    const power = (beta: number) => Math.fround(Math.fround(beta) ** t);
    return (rate * Math.sqrt(1 - power(this.beta2))) / (1 - power(this.beta1));
  }

  private update(w: tf.Variable, slot: Slot, g: tf.Tensor, alpha: number): void {
    const { beta1, beta2, epsilon } = this;
    slot.v.assign(tf.add(slot.v, tf.mul(tf.sub(tf.square(g), slot.v), 1 - beta2)));
    slot.m?.assign(tf.add(slot.m, tf.mul(tf.sub(g, slot.m), 1 - beta1)));
    const m = slot.m ?? g;
    w.assign(tf.sub(w, tf.div(tf.mul(m, alpha), tf.add(tf.sqrt(slot.v), epsilon))));
  }

  /** The moments of the variable at a position: new ones, or those that a file has brought. */
  private slot(position: number, name: string, w: tf.Variable): Slot {
    const known = this.slots[position];
    if (known === undefined) {
      const zeros = () => tf.tidy(() => tf.variable(tf.zerosLike(w), false));
      const slot: Slot = { name, v: zeros(), ...(this.beta1 === 0 ? {} : { m: zeros() }) };
      this.slots[position] = slot;
      return slot;
    }
    if (!tf.util.arraysEqual(known.v.shape, w.shape)) {
      const shapes = [w.shape, known.v.shape].map((shape) => `[${shape.join(', ')}]`);
      throw wrongOptimizerState(
        'KerasAdam',
        `state of shape ${shapes[0]} at position ${position} (${name})`,
        `state of shape ${shapes[1]} (${known.name})`,
      );
    }
    known.name = name;
    return known;
  }

  /** Steps taken, then `m` (where β1 > 0) and `v` of each variable in turn; they stay its own. */
  override async getWeights(): Promise<NamedTensor[]> {
    this.savedIterations?.dispose();
    // Outside any tidy, and disposed by the next call or by dispose(): nobody else does.
    this.savedIterations = tf.keep(tf.scalar(this.iterations, 'int32'));
    const moments = this.slots.flatMap(({ name, m, v }) => [
      ...(m ? [{ name: `${name}/m`, tensor: m as tf.Tensor }] : []),
      { name: `${name}/v`, tensor: v as tf.Tensor },
    ]);
    return [{ name: 'iter', tensor: this.savedIterations }, ...moments];
  }

  /**
   * Takes the state that {@link getWeights} gave, by position.
   *
   * @throws SAE_STATE where it is not the state of such an optimizer.
   */
  override async setWeights(weights: NamedTensor[]): Promise<void> {
    const [iterations, ...moments] = weights;
    const each = this.beta1 === 0 ? 1 : 2;
    if (iterations?.tensor.size !== 1 || moments.length % each !== 0) {
      throw wrongOptimizerState(
        'KerasAdam',
        `the step count and ${each} moment${each === 1 ? '' : 's'} a variable`,
        `${weights.length} tensors`,
      );
    }
    const steps = Number((await iterations.tensor.data())[0]);
    this.disposeSlots();
    this.iterations_ = steps;
    for (let i = 0; i < moments.length; i += each) {
      const [first, second] = moments.slice(i, i + each) as [NamedTensor, NamedTensor?];
      const own = (t: NamedTensor) => tf.variable(t.tensor, false);
      const name = first.name.replace(/\/[mv]$/, '');
      this.slots.push(second ? { name, m: own(first), v: own(second) } : { name, v: own(first) });
    }
  }

  override dispose(): void {
    this.disposeSlots();
    this.savedIterations?.dispose();
    this.savedIterations = undefined;
  }

  private disposeSlots(): void {
    for (const { m, v } of this.slots) {
      m?.dispose();
      v.dispose();
    }
    this.slots = [];
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { beta1, beta2, epsilon, globalClipnorm, rate } = this;
    const learningRate =
      typeof rate === 'number'
        ? rate
        : { className: rate.getClassName(), config: rate.getConfig() };
    return { learningRate, beta1, beta2, epsilon, globalClipnorm };
  }

  /** What tfjs makes it anew with, from `getConfig`. */
  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    const { learningRate, customObjects: _, ...rest } = config;
    return new cls({ ...rest, learningRate: learningRateFrom(learningRate) });
  }
}
tf.serialization.registerClass(KerasAdam);

function learningRateFrom(config: tf.serialization.ConfigDictValue | undefined): unknown {
  if (config === null || typeof config !== 'object' || Array.isArray(config)) return config;
  const className = String(config['className']);
  const known = tf.serialization.SerializationMap.getMap().classNameMap[className];
  if (known === undefined) {
    throw missing(
      'KerasAdam.learningRate',
      `the schedule class "${className}"`,
      'Register it with tf.serialization.registerClass before loading.',
    );
  }
  const [cls, fromConfig] = known;
  return fromConfig(cls, config['config'] as tf.serialization.ConfigDict);
}
