import * as tf from '@tensorflow/tfjs-core';
import { scheduleEnded, wrongOption } from '../errors';
import { nonNegative, type Rule, type Rules } from '../options';
import { type Before, together, variablesBefore } from './before';
import { CLIPPING_RULES, type Clipping, checkClipping, clipperOf } from './clipping';
import {
  type LearningRate,
  learningRateConfig,
  learningRateFrom,
  learningRateRule,
} from './learningRate';
import { AVERAGING_RULES, type AveragingOptions, isAverage, MovingAverage } from './movingAverage';
import type { NamedTensor, OptimizerState, StateValues, VariableState } from './optimizerState';
import type { LearningRateSchedule } from './schedules';

/** Options of both Keras optimizers, {@link KerasAdam} and {@link KerasSGD}. */
export interface KerasOptimizerArgs extends AveragingOptions {
  /**
   * A fixed rate ≥ 0 or a schedule; 1e-3 by default for Adam, 1e-2 for SGD. Python:
   * `learning_rate`.
   */
  learningRate?: number | LearningRateSchedule;
  /**
   * Decay of all weights, separate from their gradients as in AdamW: before each update
   * `w ← w − w·weightDecay·lr`. null, the default, for none. Python: `weight_decay`.
   */
  weightDecay?: number | null;
  /** Largest norm of each variable's gradient; null, the default, for no limit. */
  clipnorm?: number | null;
  /** Largest norm of all gradients together; null, the default, for no limit. Python: `global_clipnorm`. */
  globalClipnorm?: number | null;
  /** Largest absolute value in any gradient; null, the default, for no limit. */
  clipvalue?: number | null;
}

const { expected, accepts } = nonNegative();
const weightDecayRule: Rule<number | null> = {
  expected: `${expected}, or null for none`,
  accepts: (v) => v === null || accepts(v),
  fallback: null,
};

/** Returns the rules of the common options, with a default for the learning rate. */
export const sharedRules = (learningRate: number): Rules<KerasOptimizerArgs> => ({
  learningRate: learningRateRule(learningRate),
  weightDecay: weightDecayRule,
  ...CLIPPING_RULES,
  ...AVERAGING_RULES,
});

/** An object that keeps an optimizer's state on its behalf, and is ahead of it. */
export interface StateKeeper {
  /** Writes the current state into the optimizer. */
  sync(): void;
  /** Resolves when no step is running; undefined if none is. */
  settled(): Promise<unknown> | undefined;
}

/**
 * The common part of Keras 3's optimizers (keras/src/optimizers/base_optimizer.py): the rate and
 * its schedule, the count of steps, and before each update clipping and then decay.
 */
export abstract class KerasOptimizer<S extends VariableState = VariableState>
  extends tf.Optimizer
  implements Clipping
{
  /** Decay of all weights, separate from their gradients. */
  readonly weightDecay: number | null;
  /** Largest norm of each variable's gradient. */
  readonly clipnorm: number | null;
  /** Largest norm of all gradients together. */
  readonly globalClipnorm: number | null;
  /** Largest absolute value in any gradient. */
  readonly clipvalue: number | null;
  /** Whether it keeps moving averages of the weights. */
  readonly useEma: boolean;
  private readonly averaging: Required<AveragingOptions>;
  /**
   * The moving averages, if it keeps them.
   *
   * @internal
   */
  readonly averages: MovingAverage | undefined;
  /**
   * The state of each variable.
   *
   * @internal
   */
  protected abstract readonly state: OptimizerState<S>;
  /**
   * The object that keeps the state for now: until the state is used here, or another takes over.
   *
   * @internal
   */
  keeper: StateKeeper | undefined;
  private rate: LearningRate;
  /** The schedule whose end it has warned about. */
  private warnedOf: LearningRate | undefined;
  /**
   * The step count for {@link getWeights}: created once, since several saves may read it at once.
   */
  private savedIterations: tf.Variable | undefined;

  /**
   * Makes `instanceof` work: tfjs lets `instanceof tf.Optimizer` hold for anything with its
   * methods, and so for each subclass.
   *
   * @internal
   */
  static override [Symbol.hasInstance]<T>(
    this: abstract new (
      ...args: never[]
    ) => T,
    value: unknown,
  ): value is T {
    // biome-ignore lint/complexity/noThisInStatic: each subclass inherits it for itself
    return Object.prototype.isPrototypeOf.call(this.prototype, value as object);
  }

  protected constructor(checked: Required<KerasOptimizerArgs>) {
    super();
    checkClipping(this.getClassName(), checked);
    this.rate = checked.learningRate;
    this.weightDecay = checked.weightDecay;
    this.clipnorm = checked.clipnorm;
    this.globalClipnorm = checked.globalClipnorm;
    this.clipvalue = checked.clipvalue;
    const { useEma, emaMomentum, emaOverwriteFrequency } = checked;
    this.useEma = useEma;
    this.averaging = { useEma, emaMomentum, emaOverwriteFrequency };
    this.averages = useEma ? new MovingAverage(this.getClassName(), this.averaging) : undefined;
    this.iterations_ = 0;
  }

  /**
   * Returns the next value of a variable, and updates its state.
   *
   * @param w its value, decayed
   * @param g its gradient, clipped
   * @internal
   */
  protected abstract updated(w: tf.Tensor, g: tf.Tensor, state: S, rate: number): tf.Tensor;

  /** The rate, or its schedule. */
  get learningRate(): number | LearningRateSchedule {
    return this.rate;
  }

  /**
   * Sets another rate, from the next step on.
   *
   * @param rate a finite number ≥ 0, or a schedule
   * @throws SAE_OPTION for anything else.
   */
  set learningRate(rate: number | LearningRateSchedule) {
    const { expected, accepts, advice } = learningRateRule();
    if (!accepts(rate)) {
      throw wrongOption(`${this.getClassName()}.learningRate`, expected, rate, advice);
    }
    this.rate = rate;
  }

  /** The rate of the next step: the schedule's value there. */
  get currentLearningRate(): number {
    return typeof this.rate === 'number' ? this.rate : this.rate.at(this.iterations);
  }

  /**
   * Returns the rate, checked.
   *
   * @internal
   */
  protected finiteRate(): number {
    const rate = this.currentLearningRate;
    if (rate === 0) this.warnAtTheEnd();
    if (Number.isFinite(rate)) return rate;
    const at = `${this.getClassName()}.learningRate at step ${this.iterations + 1}`;
    const advice = 'Have the schedule give a finite number for every step.';
    throw wrongOption(at, 'a finite number', rate, advice);
  }

  private warnAtTheEnd(): void {
    const { rate, iterations } = this;
    const end = typeof rate === 'number' ? undefined : rate.totalSteps;
    if (end === undefined || iterations < end || this.warnedOf === rate) return;
    this.warnedOf = rate;
    console.warn(scheduleEnded(this.getClassName(), iterations, end));
  }

  /**
   * Takes one step: clips the gradients, decays the weights, and updates each variable.
   *
   * @param gradients gradients by variable name; they remain the caller's
   * @throws SAE_OPTION if a schedule gives a rate that is not finite; SAE_STATE if the loaded state
   *   belongs to other variables.
   */
  override applyGradients(gradients: tf.NamedTensorMap | NamedTensor[]): void {
    this.average(this.update(gradients));
  }

  /**
   * Takes one step without updating the averages.
   *
   * @returns the variables, in the order of their state
   * @internal
   */
  update(gradients: tf.NamedTensorMap | NamedTensor[]): tf.Variable[] {
    const all = Array.isArray(gradients)
      ? gradients
      : Object.entries(gradients ?? {}).map(([name, tensor]) => ({ name, tensor }));
    if (!all.every(isGradient)) {
      throw wrongOption(`${this.getClassName()}.applyGradients`, GRADIENTS, gradients);
    }
    // tfjs lists the weights of a layer twice if it is both inside a nested model and beside it.
    const list = [...new Map(all.map((gradient) => [gradient.name, gradient])).values()];
    const rate = this.finiteRate();
    this.takeState();
    tf.tidy(() => {
      // Everything that can go wrong comes before the first write.
      const states = list.map(({ name }, position) => this.state.of(position, variableOf(name)));
      const present = list.filter(({ tensor }) => tensor != null).map(({ tensor }) => tensor);
      const clip = clipperOf(this, present);
      list.forEach(({ name, tensor }, i) => {
        if (tensor == null) return; // the loss does not depend on it
        tf.tidy(() => {
          const w = variableOf(name);
          // A single write: for layers it is the whole update (layers/trainingCall.ts).
          w.assign(this.updated(this.decayed(w, rate), clip(tensor), states[i] as S, rate));
        });
      });
    });
    this.incrementIterations();
    return list.map(({ name }) => variableOf(name));
  }

  /**
   * Updates the averages with the variables' values after a step.
   *
   * @returns whether the variables were set to their averages
   * @internal
   */
  average(variables: readonly tf.Variable[]): boolean {
    return this.averages?.take(variables, this.iterations) ?? false;
  }

  /**
   * Changes parts of each variable's state, including the averages.
   *
   * @param change receives a flat copy of one kind of state of the variable at an index
   * @internal
   */
  async changeState(change: Parameters<OptimizerState<S>['change']>[0]): Promise<void> {
    this.takeState();
    await this.state.change(change);
    await this.averages?.change(change);
  }

  /**
   * Sets variables to the moving averages that `useEma` keeps of them; `fit` of a dictionary does
   * so automatically. Python: `finalize_variable_values`.
   *
   * @param variables all trained variables: `model.trainableWeights.map((w) => w.read())`
   * @throws SAE_STATE if the averages belong to other variables.
   */
  finalizeVariableValues(variables: readonly tf.Variable[]): void {
    this.averages?.into(variables);
  }

  /**
   * Returns a snapshot from before an update.
   *
   * @internal
   */
  before(): Before {
    this.takeState();
    const { iterations } = this;
    const count = variablesBefore([], () => {
      this.iterations_ = iterations;
    });
    const averages = this.averages ? [this.averages.before()] : [];
    return together([this.state.before(), ...averages, count]);
  }

  /**
   * Takes the state back, if another object keeps it.
   *
   * @internal
   */
  takeState(): void {
    this.keeper?.sync();
    this.keeper = undefined;
  }

  /**
   * Returns the state of variables, for an object that takes their steps instead.
   *
   * @param variables in the order in which `applyGradients` gets them
   * @returns undefined for a variable that has had no step yet.
   * @throws SAE_STATE if the state belongs to other variables.
   * @internal
   */
  readState(variables: readonly tf.Variable[]): readonly (StateValues<S> | undefined)[] {
    this.takeState();
    return this.state.read(variables);
  }

  /**
   * Replaces the complete state.
   *
   * @param variables in the order in which `applyGradients` gets them
   * @param values copied; an empty list clears the state
   * @internal
   */
  writeState(variables: readonly tf.Variable[], values: readonly StateValues<S>[]): void {
    this.state.write(variables, values);
  }

  /**
   * Counts steps that were taken elsewhere, or undone.
   *
   * @internal
   */
  countSteps(by: number): void {
    this.iterations_ += by;
  }

  private decayed(w: tf.Tensor, rate: number): tf.Tensor {
    const { weightDecay } = this;
    return weightDecay === null ? w : tf.sub(w, tf.mul(tf.mul(w, weightDecay), rate));
  }

  /**
   * Returns the number of steps, the averages of `useEma`, then the state of each variable in turn:
   * Adam's `m` and `v`. The tensors remain the optimizer's, and are valid until the next step. Adam
   * without momentum (`beta1` = 0) has an `m` only if {@link setWeights} provided one.
   *
   * @returns named tensors, which remain the optimizer's: do not dispose them.
   */
  override async getWeights(): Promise<NamedTensor[]> {
    const settled = this.keeper?.settled();
    // Without an await, `dispose` could run before the state is read.
    if (settled !== undefined) await settled;
    this.keeper?.sync();
    const iterations = tf.tidy(() => {
      const count = tf.scalar(this.iterations, 'int32');
      this.savedIterations?.assign(count);
      this.savedIterations ??= tf.variable(count, false);
      return this.savedIterations;
    });
    const averages = this.averages?.named() ?? [];
    return [{ name: 'iter', tensor: iterations }, ...averages, ...this.state.named()];
  }

  /**
   * Sets the state from the result of {@link getWeights}. Positions determine the variable, and the
   * ends of the names, `/m`, `/v` and `/average`, the kind.
   *
   * @param weights the state; it remains the caller's
   * @throws SAE_STATE if it is not the state of such an optimizer; nothing is changed then.
   */
  override async setWeights(weights: NamedTensor[]): Promise<void> {
    const all = Array.isArray(weights) && weights.every(isNamed) ? weights : [];
    const [iterations, ...kept] = all;
    if (iterations?.tensor.size !== 1) throw this.state.wrong([], all.length);
    const state = this.averages ? kept.filter((tensor) => !isAverage(tensor)) : kept;
    this.state.layoutOf(state);
    const steps = Number((await iterations.tensor.data())[0]);
    this.keeper = undefined;
    this.averages?.load(kept);
    this.state.load(state);
    this.iterations_ = steps;
  }

  /** Disposes the state of the variables, but not the variables. */
  override dispose(): void {
    this.keeper = undefined;
    this.state.dispose();
    this.averages?.dispose();
    this.savedIterations?.dispose();
    this.savedIterations = undefined;
  }

  /**
   * Returns its options, from which `fromConfig` rebuilds it; limits and decay only if they are
   * set.
   */
  override getConfig(): tf.serialization.ConfigDict {
    const { globalClipnorm, weightDecay, clipnorm, clipvalue } = this;
    const set = Object.entries({ weightDecay, clipnorm, clipvalue }).filter(([, v]) => v !== null);
    const learningRate = learningRateConfig(this.rate);
    const averaging = this.useEma ? this.averaging : {};
    return { learningRate, globalClipnorm, ...Object.fromEntries(set), ...averaging };
  }

  /**
   * Makes an optimizer from the result of `getConfig`; tfjs calls it when it loads a model.
   *
   * @typeParam T the optimizer's class
   * @param cls the optimizer's class
   * @param config its options
   * @throws SAE_OPTION for invalid options; SAE_MISSING for a schedule whose class is not
   *   registered.
   */
  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    const { learningRate, customObjects: _, ...rest } = config;
    const rate = learningRateFrom(`${cls.className}.learningRate`, learningRate);
    return new cls({ ...rest, learningRate: rate });
  }
}

const GRADIENTS = 'gradients by the names of variables, or as {name, tensor}';
const isNamed = (one?: Partial<NamedTensor>) =>
  typeof one?.name === 'string' && one.tensor instanceof tf.Tensor;
/** Returns whether it is a gradient; null if the loss does not depend on the variable. */
const isGradient = (one?: Partial<NamedTensor>) =>
  (one?.tensor == null || one.tensor instanceof tf.Tensor) && !!variableOf(String(one?.name));
const variableOf = (name: string) => tf.engine().registeredVariables[name] as tf.Variable;
