import * as tf from '@tensorflow/tfjs-core';
import { brand } from '../brand';
import { checkOptions, decayRate, positive, type Rules } from '../options';
import { KerasOptimizer, type KerasOptimizerArgs, sharedRules } from './kerasOptimizer';
import { type NamedTensor, OptimizerState } from './optimizerState';

/** What {@link KerasAdam} takes. */
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
  /** Resolves when no step is under way; undefined where there is none. */
  settled(): Promise<unknown> | undefined;
}

/** Moments that are with a keeper. */
interface Keeping {
  readonly of: MomentsKeeper;
  readonly variables: readonly tf.Variable[];
  /** The step count at which there were none yet; -1 where there were some. */
  readonly noneAt: number;
  /** The step count whose moments the optimizer's own state is a copy of; -1 where there is none. */
  readonly copiedAt: number;
}

/** The moments of one variable; without momentum (β1 = 0) the first only where a file had it. */
interface AdamState {
  readonly m?: tf.Variable;
  readonly v: tf.Variable;
}

/**
 * Adam as Keras 3 computes it, so that training here and in Python gives the same numbers.
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
 * with ε outside the root and before the bias correction, where tfjs's own `tf.train.adam` has it
 * after (keras/src/optimizers/adam.py; Kingma & Ba 2014, arXiv:1412.6980, end of section 2). α is
 * computed in double precision, from powers of β that are rounded to float32 as Keras's are. With
 * `weightDecay` it is Keras' AdamW, and Keras' Adam with `weight_decay`, which are the same: before the
 * update `w ← w − w·weightDecay·lr` (Loshchilov & Hutter 2019, arXiv:1711.05101).
 *
 * Works with any tfjs model: `model.compile({optimizer: new KerasAdam(), loss})`. Its state belongs to
 * it: whoever has made the optimizer disposes it.
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
  /** The name that tfjs saves and loads it by. */
  static readonly className: string = 'KerasAdam';
  /** β1, the decay of the first moment. */
  readonly beta1: number;
  /** β2, the decay of the second moment. */
  readonly beta2: number;
  /** ε, added to the root of the second moment. */
  readonly epsilon: number;
  /** @internal */
  protected readonly state: OptimizerState<AdamState>;
  private keeper: Keeping | undefined;

  /**
   * An optimizer that has taken no step yet.
   *
   * @param args the rate, the decays and the limits; all of it has a default
   * @throws SAE_OPTION for an unknown option or a wrong value, and for more than one of `clipnorm`,
   * `globalClipnorm` and `clipvalue`.
   */
  constructor(args: KerasAdamArgs = {}) {
    const checked = checkOptions('KerasAdam', RULES, args);
    super(checked);
    this.beta1 = checked.beta1;
    this.beta2 = checked.beta2;
    this.epsilon = checked.epsilon;
    // Keras keeps m without momentum too, where it is the last gradient.
    const layouts = this.beta1 === 0 ? ([['v'], ['m', 'v']] as const) : ([['m', 'v']] as const);
    this.state = new OptimizerState(this.getClassName(), layouts);
  }

  /** @internal */
  protected updated(w: tf.Tensor, g: tf.Tensor, { m, v }: AdamState, rate: number): tf.Tensor {
    const { beta1, beta2, epsilon } = this;
    v.assign(tf.add(v, tf.mul(tf.sub(tf.square(g), v), 1 - beta2)));
    // Without momentum the gradient itself, to the last bit, whether a file has had an m or not.
    const first = m && beta1 > 0 ? tf.add(m, tf.mul(tf.sub(g, m), 1 - beta1)) : g;
    m?.assign(first);
    const step = tf.mul(first, this.biasCorrected(rate));
    return tf.sub(w, tf.div(step, tf.add(tf.sqrt(v), epsilon)));
  }

  /** `lr · √(1 − β2ᵗ) / (1 − β1ᵗ)` for step t, the next one. */
  private biasCorrected(rate: number): number {
    const t = this.iterations + 1;
    // Keras keeps β and βᵗ in float32. Near t = 1 that moves 1 − β2ᵗ by 1e-5 of itself, ten times
    // what all other rounding of a step comes to, so it is done here too.
    const power = (beta: number) => Math.fround(Math.fround(beta) ** t);
    return (rate * Math.sqrt(1 - power(this.beta2))) / (1 - power(this.beta1));
  }

  // ── a training step that keeps the moments itself ──────────────────────────────────────────

  /**
   * α of the next step: the rate, with the bias correction in it.
   *
   * @internal
   */
  stepSize(): number {
    return this.biasCorrected(this.finiteRate());
  }

  /**
   * Counts a step that was taken elsewhere.
   *
   * @internal
   */
  countStep(): void {
    this.dropCopy();
    this.incrementIterations();
  }

  /**
   * Uncounts the last step, which has been taken back elsewhere.
   *
   * @param wasFirst whether there were no moments yet before it
   * @internal
   */
  uncountStep(wasFirst: boolean): void {
    this.dropCopy();
    this.iterations_ -= 1;
    if (this.keeper && wasFirst) this.keeper = { ...this.keeper, noneAt: this.iterations };
  }

  /**
   * Whether there are no moments yet.
   *
   * @internal
   */
  get hasNoMoments(): boolean {
    return this.keeper ? this.keeper.noneAt === this.iterations : !this.state.has(0);
  }

  /**
   * Whether the moments are with this keeper.
   *
   * @internal
   */
  isKeptBy(keeper: MomentsKeeper): boolean {
    return this.keeper?.of === keeper;
  }

  /**
   * Hands the moments over. The optimizer asks for them when it is to use them itself.
   * Without momentum there is no first one among them, and none comes back where a file had it.
   *
   * @param variables whose moments they are, in the order in which `applyGradients` gets them
   * @returns undefined for a variable that has had no step yet.
   * @throws SAE_STATE where the state is not that of these variables.
   * @internal
   */
  giveMoments(
    variables: readonly tf.Variable[],
    keeper: MomentsKeeper,
  ): readonly (Moments | undefined)[] {
    this.takeMoments();
    const given = variables.map((w, position) => {
      if (!this.state.has(position)) return undefined;
      const { m, v } = this.state.of(position, w);
      const numbers = (t: tf.Tensor) => t.dataSync() as Float32Array;
      return { v: numbers(v), ...(m && this.beta1 > 0 ? { m: numbers(m) } : {}) };
    });
    this.state.dispose();
    const noneAt = given.every((moments) => moments === undefined) ? this.iterations : -1;
    this.keeper = { of: keeper, variables, noneAt, copiedAt: -1 };
    return given;
  }

  /**
   * Takes moments back that somebody keeps.
   *
   * @internal
   */
  takeMoments(): void {
    this.copyMoments();
    this.keeper = undefined;
  }

  /** Has the moments here as well; who keeps them goes on from its own. */
  private copyMoments(): void {
    const { keeper, iterations } = this;
    if (keeper === undefined) return;
    if (keeper.noneAt === iterations || keeper.copiedAt === iterations) return;
    tf.tidy(() => {
      const taken = keeper.of.moments().map(({ m, v }, position) => {
        const { name, shape } = keeper.variables[position] as tf.Variable;
        const own = (values: Float32Array) => tf.variable(tf.tensor(values, shape), false);
        return { name, state: { ...(m ? { m: own(m) } : {}), v: own(v) } };
      });
      this.state.replace(taken);
    });
    this.keeper = { ...keeper, copiedAt: iterations };
  }

  private dropCopy(): void {
    if (this.keeper === undefined || this.keeper.copiedAt < 0) return;
    this.state.dispose();
    this.keeper = { ...this.keeper, copiedAt: -1 };
  }

  /** @internal */
  protected override takeState(): void {
    this.takeMoments();
  }

  /** @internal */
  protected override showState(): void {
    this.copyMoments();
  }

  /**
   * Steps taken, then `m` and `v` of each variable in turn; they stay its own, until the next step.
   * Without momentum (`beta1` = 0) there is an `m` only where {@link setWeights} has brought one.
   */
  override async getWeights(): Promise<NamedTensor[]> {
    const settled = this.keeper?.of.settled();
    // Waiting for nothing would let `dispose` come before the state is read.
    if (settled !== undefined) await settled;
    return super.getWeights();
  }

  /** @internal */
  protected override forgetState(): void {
    this.keeper = undefined;
  }

  /** What `fromConfig` makes it anew with: its options. */
  override getConfig(): tf.serialization.ConfigDict {
    const { beta1, beta2, epsilon } = this;
    return { ...super.getConfig(), beta1, beta2, epsilon };
  }
}
brand(KerasAdam, KerasAdam.className);
tf.serialization.registerClass(KerasAdam);
