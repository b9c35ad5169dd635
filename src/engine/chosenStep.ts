import { noSparseStep } from '../errors';
import { normalized } from '../layers/normalization';
import { choose, chosen, fasterBody, type StepName } from './choice';
import { FasterStep } from './fasterStep';
import type { KernelDictionary } from './kernelDictionary';
import { SparseStep } from './sparseStep';
import { TensorStep } from './tensorStep';
import type { StepBatch, StepResult, StepTaken, Trainee, TrainStep } from './trainStep';

/**
 * The training step that `compile` requested. It is chosen anew at each step, because an optimizer,
 * a frozen weight or another backend can change what is possible.
 */
export class ChosenStep implements TrainStep {
  private readonly sparse: SparseStep;
  private readonly tensor: TensorStep;
  private readonly measured: FasterStep;
  private last: TrainStep | undefined;
  private warned = false;

  constructor(
    private readonly trainee: Trainee,
    private readonly wanted: StepName,
    dictionary: KernelDictionary,
  ) {
    this.sparse = new SparseStep(trainee, dictionary);
    this.tensor = new TensorStep(trainee);
    this.measured = new FasterStep([this.sparse, this.tensor]);
  }

  run(batch: StepBatch): Promise<StepResult> {
    return normalized(this.trainee.sae, batch.x, batch.target, async (x, target, back) => {
      const { logs, reconstruction } = await chosen(() => {
        this.last = this.body();
        return this.last.run({ ...batch, x, target });
      });
      return { logs, ...(reconstruction && { reconstruction: back(reconstruction) }) };
    });
  }

  get taken(): StepTaken | undefined {
    return this.last?.taken;
  }

  private body(): TrainStep {
    const { wanted } = this;
    const obstacle = wanted === 'tensor' ? undefined : this.sparse.obstacle;
    if (obstacle !== undefined) {
      if (wanted === 'sparse') throw noSparseStep(this.trainee.where, obstacle);
      if (fasterBody() === 'sparse') this.warn(obstacle);
    }
    return this[choose(wanted, obstacle)];
  }

  private warn(obstacle: string): void {
    if (this.warned) return;
    this.warned = true;
    console.warn(`${this.trainee.where} trains with the slower tensor step: ${obstacle}.`);
  }

  dispose(): void {
    this.sparse.dispose();
    this.tensor.dispose();
  }
}
