import * as tf from '@tensorflow/tfjs-core';
import type { SAEError } from '../errors';
import {
  type DictionaryKernels,
  lossOf,
  type Outcome,
  type UpdateNumbers,
} from '../kernels/dictionaryKernels';
import { KerasAdam, type MomentsKeeper } from './kerasAdam';
import type { KernelWeights } from './kernelWeights';
import { stepFault } from './stepFault';
import type { StepBatch, StepResult, StepTaken, Trainee, TrainStep } from './trainStep';

/** An optimizer whose moments are in the kernels' memory. */
interface Kept {
  readonly optimizer: KerasAdam;
  readonly kernels: DictionaryKernels;
  readonly keeper: MomentsKeeper;
}

/** Options of the optimizer by which it is no longer a step of the active features alone. */
const DENSE_OPTIONS = ['weightDecay', 'clipnorm', 'clipvalue'] as const;

/**
 * The training step in WebAssembly, on CPU: one dense product, and then only what a pair of an
 * example and an active feature costs. The same numbers as {@link TensorStep}, to rounding.
 *
 * Weights and Adam's moments live in the kernels' memory; `KernelWeights.sync` and the optimizer
 * fetch them when somebody wants to see them.
 */
export class SparseStep implements TrainStep {
  private kept: Kept | undefined;

  constructor(
    private readonly trainee: Trainee,
    private readonly weights: KernelWeights,
  ) {}

  /** Why it cannot take the next step, in words; undefined where it can. */
  get obstacle(): string | undefined {
    const { sae, optimizer } = this.trainee;
    if (!(optimizer instanceof KerasAdam)) return 'an optimizer that is not KerasAdam';
    // A decay of 0 is none.
    const dense = DENSE_OPTIONS.find((option) => optimizer[option]);
    if (dense) return `an optimizer with ${dense}`;
    if (sae.trainableWeights.length < sae.variables.length) return 'weights that are frozen';
    return this.weights.obstacle;
  }

  get taken(): StepTaken {
    return { step: 'sparse', threads: this.weights.running };
  }

  async run(batch: StepBatch): Promise<StepResult> {
    const { x, target, reconstruct, tally } = batch;
    const rows = await x.data<'float32'>();
    const targets = target === x ? undefined : await target.data<'float32'>();
    const optimizer = this.trainee.optimizer as KerasAdam;
    const purpose = { momentum: optimizer.beta1 > 0 };
    return this.weights.use(x.shape[0], purpose, async (kernels, { termWeights }) => {
      const numbers = this.numbers(optimizer, kernels);
      const outcome = await kernels.step(rows, targets, termWeights, numbers);
      const values = this.logs(outcome, termWeights);
      const fault = outcome.status !== 'done' && this.fault(kernels, batch, values);
      if (fault) throw fault;
      optimizer.countStep();
      this.weights.changed();
      tally?.add(kernels.measures(targets ?? rows));
      const logs = Object.values(values).map((value) => tf.scalar(value));
      if (!reconstruct) return { logs };
      const xHat = kernels.reconstruction(targets ?? rows);
      return { logs, reconstruction: tf.tensor2d(xHat, x.shape) };
    });
  }

  /** The optimizer's numbers for the next step; its moments are with the kernels after it. */
  private numbers(optimizer: KerasAdam, kernels: DictionaryKernels): UpdateNumbers {
    const alpha = optimizer.stepSize();
    const { kept } = this;
    const isHere = kept?.optimizer === optimizer && kept.kernels === kernels;
    if (!isHere || !optimizer.isKeptBy(kept.keeper)) {
      this.giveBack();
      this.kept = this.keep(optimizer, kernels);
    }
    const { beta1, beta2, epsilon, globalClipnorm } = optimizer;
    const limits = [this.trainee.clipNorm, globalClipnorm].map(
      (c) => c ?? Number.POSITIVE_INFINITY,
    );
    return { alpha, beta1, beta2, epsilon, clipNorm: Math.min(...limits) };
  }

  private keep(optimizer: KerasAdam, kernels: DictionaryKernels): Kept {
    const keeper = keeperIn(kernels, this.weights);
    const variables = this.trainee.sae.variables.map((weight) => weight.read() as tf.Variable);
    kernels.writeMoments(optimizer.giveMoments(variables, keeper));
    const kept = { optimizer, kernels, keeper };
    giveBackBeforeLeaving(this.weights, kept);
    return kept;
  }

  private giveBack(): void {
    if (this.kept) giveBack(this.kept);
    this.kept = undefined;
  }

  /** The loss, its terms and the gradients' norm, by the names that the logs show. */
  private logs(outcome: Outcome, termWeights: readonly number[]) {
    const { terms, gradNorm } = outcome;
    const loss = lossOf(outcome, termWeights);
    const named = this.trainee.sae.termNames.map((name, i) => [name, terms[i] as number] as const);
    const all = [['loss', loss] as const, ...named, ['grad_norm', gradNorm] as const];
    return Object.fromEntries(all.map(([name, value]) => [name, Math.fround(value)]));
  }

  /** Why a step came to NaN; the update before it is taken back where it was that one's fault. */
  private fault(
    kernels: DictionaryKernels,
    { x, target }: StepBatch,
    values: Record<string, number>,
  ): SAEError | undefined {
    const takeBack = () => {
      const isBack = kernels.takeBack();
      if (isBack) this.weights.changed();
      return isBack;
    };
    return stepFault({ trainee: this.trainee, x, target, values, takeBack });
  }

  dispose(): void {
    this.giveBack();
  }
}

// Functions of their own: what the kernels keep must not keep the model.

const keeperIn = (kernels: DictionaryKernels, weights: KernelWeights): MomentsKeeper => ({
  moments: () => kernels.readMoments(),
  settled: () => weights.settled(),
});

function giveBackBeforeLeaving(weights: KernelWeights, kept: Kept): void {
  weights.beforeLeaving = () => giveBack(kept);
}

function giveBack({ optimizer, keeper }: Kept): void {
  if (optimizer.isKeptBy(keeper)) optimizer.takeMoments();
}
