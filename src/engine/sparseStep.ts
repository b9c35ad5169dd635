import * as tf from '@tensorflow/tfjs-core';
import type { DictionaryKernels } from '../kernels/dictionaryKernels';
import { buildHere } from '../kernels/module';
import type { Outcome, UpdateNumbers } from '../kernels/numbers';
import type { Term } from '../layers/contract';
import { type Before as Kept, type Updated, updated } from '../optimizers/before';
import { KerasAdam } from '../optimizers/kerasAdam';
import type { KernelDictionary } from './kernelDictionary';
import type { KernelMoments, MomentsBefore } from './kernelMoments';
import { lossOf, stepNumbers } from './layerKernels';
import { stepFault } from './stepFault';
import type { StepBatch, StepResult, StepTaken, Trainee, TrainStep } from './trainStep';

/** The state before an update that may go too far. */
interface Before {
  readonly optimizer: KerasAdam;
  /** The optimizer's step count after the update. */
  readonly iterations: number;
  readonly moments: MomentsBefore;
  /** What the step has taught without a gradient. */
  readonly states: Updated;
  /** The moving averages, if the optimizer keeps them. */
  readonly averages: Kept | undefined;
}

/** The most that one update may move a weight so that the next loss cannot overflow. */
const SHORT_REACH = 4;
/** A loss so far from the largest float32 that no update within that reach gets there. */
const SMALL_LOSS = 1e15;

/** Options of the optimizer with which a step involves more than the active features. */
const DENSE_OPTIONS = ['weightDecay', 'clipnorm', 'clipvalue'] as const;

/**
 * The training step in WebAssembly, on the CPU: one dense product, after which only pairs of an
 * example and an active feature cost anything. It gives the same numbers as {@link TensorStep}, up
 * to rounding.
 *
 * Weights and Adam's moments are in the kernels' memory, and are fetched when they are read: see
 * {@link KernelDictionary}.
 */
export class SparseStep implements TrainStep {
  private before: Before | undefined;
  /** The largest loss since a weight was last written from outside. */
  private largestLoss = Number.POSITIVE_INFINITY;

  constructor(
    private readonly trainee: Trainee,
    private readonly dictionary: KernelDictionary,
  ) {}

  /** Why it cannot take the next step, in words; undefined if it can. */
  get obstacle(): string | undefined {
    const { sae, optimizer } = this.trainee;
    if (!(optimizer instanceof KerasAdam)) return 'an optimizer that is not KerasAdam';
    // A decay of 0 counts as none.
    const dense = DENSE_OPTIONS.find((option) => optimizer[option]);
    if (dense) return `an optimizer with ${dense}`;
    if (sae.trainableWeights.length < sae.variables.length) return 'weights that are frozen';
    return this.dictionary.obstacle;
  }

  get taken(): StepTaken {
    return { step: 'sparse', threads: this.dictionary.running, kernels: buildHere() };
  }

  async run(batch: StepBatch): Promise<StepResult> {
    const { x, target, reconstruct, tally } = batch;
    const rows = await x.data<'float32'>();
    const targets = target === x ? undefined : await target.data<'float32'>();
    const optimizer = this.trainee.optimizer as KerasAdam;
    const purpose = { momentum: optimizer.beta1 > 0 };
    return this.dictionary.use(x.shape[0], purpose, async (kernels) => {
      const numbers = this.numbers(optimizer);
      const moments = this.dictionary.momentsOf(optimizer, kernels);
      if (!kernels.canTakeBack) this.largestLoss = Number.POSITIVE_INFINITY;
      const before = this.mayGoTooFar(numbers)
        ? {
            ...{ optimizer, iterations: optimizer.iterations + 1, moments: moments.before() },
            averages: optimizer.averages?.before(),
          }
        : undefined;
      const { sae } = this.trainee;
      const outcome = await kernels.step(rows, targets, stepNumbers(sae), numbers);
      const values = namedLogs(sae.lossTerms, outcome);
      const takeBack = () => this.takeBack(kernels, moments);
      const fault =
        outcome.status !== 'done' &&
        stepFault({ trainee: this.trainee, x, target, values, takeBack });
      if (fault) {
        before?.averages?.dispose();
        throw fault;
      }
      moments.countStep();
      this.dictionary.changed();
      if (optimizer.useEma) this.average(optimizer);
      const states = this.learn(kernels, x.shape[0]);
      this.forget();
      if (before) this.before = { ...before, states };
      else states.dispose();
      const loss = values['loss'] as number;
      const { largestLoss } = this;
      this.largestLoss =
        largestLoss === Number.POSITIVE_INFINITY ? loss : Math.max(largestLoss, loss);
      tally?.add(kernels.measures(targets ?? rows));
      const logs = Object.values(values).map((value) => tf.scalar(value));
      if (!reconstruct) return { logs };
      const xHat = kernels.reconstruction(targets ?? rows);
      return { logs, reconstruction: tf.tensor2d(xHat, target.shape) };
    });
  }

  /** Returns the optimizer's numbers for the next step. */
  private numbers(optimizer: KerasAdam): UpdateNumbers {
    const alpha = optimizer.stepSize();
    const { beta1, beta2, epsilon, globalClipnorm } = optimizer;
    const limits = [this.trainee.clipNorm, globalClipnorm].map(
      (c) => c ?? Number.POSITIVE_INFINITY,
    );
    return { alpha, beta1, beta2, epsilon, clipNorm: Math.min(...limits) };
  }

  /**
   * Returns whether the next loss may overflow after a step with these numbers. If so, the moments
   * are copied before it, which takes time and memory; otherwise it is impossible. The weights
   * before a step are available in any case.
   */
  private mayGoTooFar({ alpha, beta1, beta2 }: UpdateNumbers): boolean {
    // |m| / √v is at most 1 / √(1 − β2), unless v forgets sooner than m does.
    const reach = beta1 <= beta2 ? alpha / Math.sqrt(1 - beta2) : Number.POSITIVE_INFINITY;
    return !(reach < SHORT_REACH && this.largestLoss < SMALL_LOSS);
  }

  /** Writes what the step teaches without a gradient. */
  private learn(kernels: DictionaryKernels, rows: number): Updated {
    const { sae } = this.trainee;
    const variables = sae.stateVariables.map((state) => state.read() as tf.Variable);
    return updated(variables, () => {
      if (variables.length === 0) return;
      tf.tidy(() => {
        const firing = tf.tensor1d(Float32Array.from(kernels.firing()));
        sae.writeStates(sae.nextStates({ rows, firing, least: tf.scalar(kernels.least) }));
      });
    });
  }

  /** Updates the moving averages of the weights, like {@link TensorStep}. */
  private average(optimizer: KerasAdam): void {
    const { sae } = this.trainee;
    this.dictionary.sync();
    if (optimizer.average(sae.variables.map((weight) => weight.read() as tf.Variable)))
      sae.afterStep();
  }

  /** Undoes the last update: weights, moments and the count of steps together. */
  private takeBack(kernels: DictionaryKernels, moments: KernelMoments): boolean {
    const { before } = this;
    const { optimizer } = this.trainee;
    const isLast =
      before?.optimizer === optimizer &&
      before.iterations === optimizer.iterations &&
      before.states.isLast() &&
      before.states.isThere();
    if (!isLast || !kernels.takeBack()) return false;
    moments.takeBack(before.moments);
    before.states.restore();
    before.averages?.restore();
    this.dictionary.changed();
    this.forget();
    return true;
  }

  private forget(): void {
    this.before?.states.dispose();
    this.before?.averages?.dispose();
    this.before = undefined;
  }

  dispose(): void {
    this.forget();
  }
}

/** Returns the loss, its terms and the gradients' norm, by their names in the logs. */
function namedLogs(terms: readonly Term[], { parts, gradNorm }: Outcome): Record<string, number> {
  const { loss, terms: values } = lossOf(terms, parts);
  const named = terms.map(({ name }, i) => [name, values[i] as number] as const);
  const all = [['loss', loss] as const, ...named, ['grad_norm', gradNorm] as const];
  return Object.fromEntries(all.map(([name, value]) => [name, Math.fround(value)]));
}
