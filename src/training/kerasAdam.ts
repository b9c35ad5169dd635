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

/** Adam's moments of one variable, flat. */
export interface Moments {
  readonly v: Float32Array;
  /** Only with momentum. */
  readonly m?: Float32Array;
}

/** Who keeps the moments in the optimizer's place for a while. */
export interface MomentsKeeper {
  /** The moments as they are now, in the order of the variables. */
  moments(): readonly Moments[];
  /** Resolves when no step is under way. */
  settled(): Promise<void>;
}

/** Moments that are with a keeper. */
interface Keeping {
  readonly of: MomentsKeeper;
  readonly variables: readonly tf.Variable[];
  /** The step count at which there were none yet; -1 where there were some. */
  readonly noneAt: number;
}

/** The moments of one variable. Without momentum (β1 = 0) there is no first one to keep. */
interface Slot {
  /** The variable's name, or where the state comes from a file, the name that it had there. */
  name: string;
  /** Whether a file has brought it, and no variable has claimed it yet. */
  loaded: boolean;
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
  // tfjs has `instanceof tf.Optimizer` hold for whatever has its methods, and so of each subclass.
  static override [Symbol.hasInstance](value: unknown): value is KerasAdam {
    return Object.prototype.isPrototypeOf.call(KerasAdam.prototype, value as object);
  }
  private keeper: Keeping | undefined;

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
    const all = Array.isArray(gradients)
      ? gradients
      : Object.entries(gradients).map(([name, tensor]) => ({ name, tensor }));
    // tfjs lists the weights of a layer twice that stands in a nested model and beside it.
    const list = [...new Map(all.map((gradient) => [gradient.name, gradient])).values()];
    const alpha = this.stepSize();
    this.takeMoments();
    tf.tidy(() => {
      // All of what can go wrong before the first write.
      const slots = list.map(({ name }, position) => this.slot(position, name));
      const present = list.filter(({ tensor }) => tensor != null).map(({ tensor }) => tensor);
      const factor =
        this.globalClipnorm === null || present.length === 0
          ? undefined
          : clipFactor(globalNorm(present), this.globalClipnorm);
      list.forEach(({ name, tensor }, i) => {
        if (tensor == null) return; // nothing in the loss depends on it
        const gradient = factor ? tf.mul(tensor, factor) : tensor;
        tf.tidy(() => this.update(variableOf(name), slots[i] as Slot, gradient, alpha));
      });
    });
    this.incrementIterations();
  }

  // ── a training step that keeps the moments itself ──────────────────────────────────────────

  /** α of the next step: the rate, with the bias correction in it. */
  stepSize(): number {
    return this.biasCorrected(this.finiteRate());
  }

  /** Counts a step that was taken elsewhere. */
  countStep(): void {
    this.incrementIterations();
  }

  /** Whether the moments are with this keeper, and nobody has asked for them since. */
  isKeptBy(keeper: MomentsKeeper): boolean {
    return this.keeper?.of === keeper;
  }

  /**
   * Hands the moments over. The optimizer asks for them when somebody wants to see or use them.
   *
   * @param variables whose moments they are, in the order in which `applyGradients` gets them
   * @returns undefined for a variable that has had no step yet.
   * @throws SAE_STATE where the state is not that of these variables.
   */
  giveMoments(
    variables: readonly tf.Variable[],
    keeper: MomentsKeeper,
  ): readonly (Moments | undefined)[] {
    this.takeMoments();
    const given = variables.map(({ name }, position) => {
      if (this.slots[position] === undefined) return undefined;
      const { m, v } = this.slot(position, name);
      const numbers = (t: tf.Tensor) => t.dataSync() as Float32Array;
      return { v: numbers(v), ...(m ? { m: numbers(m) } : {}) };
    });
    this.disposeSlots();
    const noneAt = given.every((moments) => moments === undefined) ? this.iterations : -1;
    this.keeper = { of: keeper, variables, noneAt };
    return given;
  }

  /** Takes moments back that somebody keeps. */
  takeMoments(): void {
    const { keeper } = this;
    this.keeper = undefined;
    if (keeper === undefined || keeper.noneAt === this.iterations) return;
    tf.tidy(() => {
      this.slots = keeper.of.moments().map(({ m, v }, position) => {
        const { name, shape } = keeper.variables[position] as tf.Variable;
        const own = (values: Float32Array) => tf.variable(tf.tensor(values, shape), false);
        return { name, loaded: false, v: own(v), ...(m ? { m: own(m) } : {}) };
      });
    });
  }

  private finiteRate(): number {
    const rate = this.currentLearningRate;
    if (Number.isFinite(rate)) return rate;
    const at = `KerasAdam.learningRate at step ${this.iterations + 1}`;
    throw wrongOption(at, 'a finite number', rate);
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
  private slot(position: number, name: string): Slot {
    const w = variableOf(name);
    const known = this.slots[position];
    if (known === undefined) {
      const zeros = () => tf.tidy(() => tf.variable(tf.zerosLike(w), false));
      const m = this.beta1 === 0 ? {} : { m: zeros() };
      const slot: Slot = { name, loaded: false, v: zeros(), ...m };
      this.slots[position] = slot;
      return slot;
    }
    const fits = tf.util.arraysEqual(known.v.shape, w.shape);
    if (!fits || !(known.loaded || known.name === name)) {
      throw wrongOptimizerState(
        'KerasAdam',
        `the state of ${name} [${w.shape.join(', ')}] at position ${position}`,
        `that of ${known.name} [${known.v.shape.join(', ')}]`,
      );
    }
    return Object.assign(known, { name, loaded: false });
  }

  /** Steps taken, then `m` (where β1 > 0) and `v` of each variable in turn; they stay its own. */
  override async getWeights(): Promise<NamedTensor[]> {
    await this.keeper?.of.settled();
    this.takeMoments();
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
    this.keeper = undefined;
    this.disposeSlots();
    this.iterations_ = steps;
    for (let i = 0; i < moments.length; i += each) {
      const [first, second] = moments.slice(i, i + each) as [NamedTensor, NamedTensor?];
      const own = (t: NamedTensor) => tf.variable(t.tensor, false);
      const name = first.name.replace(/\/[mv]$/, '');
      const loaded = true;
      this.slots.push(
        second ? { name, loaded, m: own(first), v: own(second) } : { name, loaded, v: own(first) },
      );
    }
  }

  override dispose(): void {
    this.keeper = undefined;
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

const variableOf = (name: string) => tf.engine().registeredVariables[name] as tf.Variable;

function learningRateFrom(config: tf.serialization.ConfigDictValue | undefined): unknown {
  if (config === null || typeof config !== 'object' || Array.isArray(config)) return config;
  const className = String(config['className']);
  const classes = tf.serialization.SerializationMap.getMap().classNameMap;
  const known = Object.hasOwn(classes, className) ? classes[className] : undefined;
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
