import type * as tf from '@tensorflow/tfjs';
import type { SAEModel } from '../../src';
import { lossOf, shapeOf, stepNumbers } from '../../src/engine/layerKernels';
import { DictionaryKernels } from '../../src/kernels/dictionaryKernels';
import type { StepNumbers } from '../../src/kernels/numbers';
import type { Term } from '../../src/layers/contract';
import { type Contestant, median, type Turn } from './contestant';
import { RECIPE } from './state';

export const PHASES = [
  ...(['product', 'selection', 'decoder and projection', 'gradients', 'update'] as const),
];

/** Where the time of the kernels' step goes, and the memory. */
export interface PhaseTimes {
  readonly threads: number;
  /** Medians by phase, in milliseconds. */
  readonly milliseconds: readonly number[];
  /** By phase, the operations of a step with floats; 0 where it is others that count. */
  readonly operations: readonly number[];
  /** The shortest that the product has taken, in milliseconds. */
  readonly bestProduct: number;
  /** Pairs of an example and a feature that is open. */
  readonly pairs: number;
  /** That the kernels hold. */
  readonly bytes: number;
}

/** The kernels of the sparse step without a model around them: they tell the time of each phase. */
export class KernelPhases implements Contestant {
  private readonly steps: number[][] = [];
  private taken = 0;
  private pairs = 0;

  private constructor(
    readonly name: string,
    private readonly x: Float32Array,
    private readonly layer: { inputDim: number; features: number; terms: readonly Term[] },
    private readonly numbers: StepNumbers,
    private readonly kernels: DictionaryKernels,
    /** Of an example. */
    private readonly reconstructions: number,
  ) {}

  /**
   * The kernels with a model's weights; the model itself is disposed.
   *
   * @param x `[batch, inputDim]`
   */
  static async start(
    name: string,
    sae: SAEModel,
    x: Float32Array,
    threads: number,
  ): Promise<KernelPhases> {
    const { inputDim, encodingDim: features, lossTerms: terms, variables } = sae.sae;
    const shape = shapeOf(sae.sae);
    const use = { threads, training: { momentum: false } };
    const kernels = await DictionaryKernels.start(shape, use, x.length / inputDim);
    variables.forEach((weight, position) => {
      kernels.writeWeight(position, (weight.read() as tf.Tensor).dataSync<'float32'>());
    });
    const numbers = stepNumbers(sae.sae);
    sae.optimizer.dispose();
    sae.dispose();
    const layer = { inputDim, features, terms };
    return new KernelPhases(name, x, layer, numbers, kernels, shape.reconstructions);
  }

  async take(steps: number): Promise<Turn> {
    const { clipNorm, learningRate, beta1, beta2, epsilon } = RECIPE;
    const milliseconds: number[] = [];
    const losses: number[] = [];
    for (let i = 0; i < steps; i++) {
      this.taken += 1;
      const alpha = learningRate * Math.sqrt(1 - beta2 ** this.taken);
      const numbers = { alpha, beta1, beta2, epsilon, clipNorm };
      const start = performance.now();
      const outcome = await this.kernels.step(this.x, undefined, this.numbers, numbers);
      milliseconds.push(performance.now() - start);
      if (outcome.status !== 'done') throw new Error(`a step ended with ${outcome.status}`);
      this.steps.push(this.kernels.phases());
      this.pairs = outcome.pairs;
      losses.push(lossOf(this.layer.terms, outcome.parts).loss);
    }
    return { milliseconds, loss: losses[0] as number };
  }

  /** Of all steps but the first ones, in which the engine still compiles. */
  get times(): PhaseTimes {
    const steps = this.steps.slice(Math.min(WARM_UP, this.steps.length - 1));
    const { inputDim, features } = this.layer;
    const of = (phase: number) => steps.map((times) => times[phase] as number);
    return {
      threads: this.kernels.use.threads,
      milliseconds: PHASES.map((_, phase) => median(of(phase))),
      operations: [
        2 * this.x.length * features,
        0,
        4 * this.reconstructions * this.pairs * inputDim,
        4 * this.pairs * inputDim,
        0,
      ],
      bestProduct: Math.min(...of(0)),
      pairs: this.pairs,
      bytes: this.kernels.bytes,
    };
  }

  async end(): Promise<void> {
    this.kernels.dispose();
  }
}

/** Steps before the first round: see rounds.ts. */
const WARM_UP = 6;
