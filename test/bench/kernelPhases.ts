import { DictionaryKernels } from '../../src/kernels/dictionaryKernels';
import { type Contestant, median, type Turn } from './contestant';
import { RECIPE, type State } from './state';

export const PHASES = ['product', 'decoder and projection', 'gradients', 'update'] as const;

/** Where the time of the kernels' step goes, and the memory. */
export interface PhaseTimes {
  readonly threads: number;
  /** Medians by phase, in milliseconds. */
  readonly milliseconds: readonly number[];
  /** By phase, the operations of a step with floats; 0 where it is memory that counts. */
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
    private readonly state: State,
    private readonly kernels: DictionaryKernels,
  ) {}

  static async start(name: string, state: State, threads: number): Promise<KernelPhases> {
    const { inputDim, features, batch } = state;
    const shape = {
      architecture: 'gated',
      inputDim,
      features,
      vectors: [-Infinity, -Infinity, -Infinity],
    };
    const use = { threads, training: { momentum: false } };
    const kernels = await DictionaryKernels.start({ ...shape, reconstructions: 2 }, use, batch);
    state.weights.forEach((values, position) => {
      kernels.writeWeight(position, values);
    });
    return new KernelPhases(name, state, kernels);
  }

  async take(steps: number): Promise<Turn> {
    const { lambdaSparse, auxWeight, clipNorm, learningRate, beta1, beta2, epsilon } = RECIPE;
    const parts = { reconstruction: 1, penalty: lambdaSparse, second: auxWeight, revival: 0 };
    const milliseconds: number[] = [];
    const losses: number[] = [];
    for (let i = 0; i < steps; i++) {
      this.taken += 1;
      const alpha = learningRate * Math.sqrt(1 - beta2 ** this.taken);
      const numbers = { alpha, beta1, beta2, epsilon, clipNorm };
      const start = performance.now();
      const outcome = await this.kernels.step(this.state.x, undefined, { weights: parts }, numbers);
      milliseconds.push(performance.now() - start);
      if (outcome.status !== 'done') throw new Error(`a step ended with ${outcome.status}`);
      this.steps.push(this.kernels.phases());
      this.pairs = outcome.pairs;
      const { reconstruction, penalty, second } = outcome.parts;
      losses.push(reconstruction + lambdaSparse * penalty + auxWeight * second);
    }
    return { milliseconds, loss: losses[0] as number };
  }

  /** Of all steps but the first ones, in which the engine still compiles. */
  get times(): PhaseTimes {
    const steps = this.steps.slice(Math.min(WARM_UP, this.steps.length - 1));
    const { batch, inputDim, features } = this.state;
    const of = (phase: number) => steps.map((times) => times[phase] as number);
    return {
      threads: this.kernels.use.threads,
      milliseconds: PHASES.map((_, phase) => median(of(phase))),
      operations: [
        2 * batch * inputDim * features,
        8 * this.pairs * inputDim,
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
