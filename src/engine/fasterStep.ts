import type { StepBatch, StepResult, StepTaken, TrainStep } from './trainStep';

/** Steps that each implementation takes; the first one warms up and does not count. */
const TRIALS = 3;

/**
 * Takes the first steps with one implementation after the other, and all others with the fastest.
 * Every trial is a real training step: nothing is computed only to be measured.
 */
export class FasterStep implements TrainStep {
  private readonly milliseconds: number[];
  private trial = 0;
  private last: TrainStep;

  constructor(private readonly bodies: readonly TrainStep[]) {
    this.milliseconds = bodies.map(() => Number.POSITIVE_INFINITY);
    this.last = bodies[0] as TrainStep;
  }

  async run(batch: StepBatch): Promise<StepResult> {
    const { trial } = this;
    const body = trial < TRIALS * this.bodies.length ? Math.floor(trial / TRIALS) : this.fastest();
    this.last = this.bodies[body] as TrainStep;
    const start = performance.now();
    const result = await this.last.run(batch);
    this.trial += 1;
    if (trial % TRIALS > 0) {
      const before = this.milliseconds[body] as number;
      this.milliseconds[body] = Math.min(before, performance.now() - start);
    }
    return result;
  }

  get taken(): StepTaken | undefined {
    return this.last.taken;
  }

  private fastest(): number {
    return this.milliseconds.indexOf(Math.min(...this.milliseconds));
  }

  /** Does nothing: the implementations belong to others. */
  dispose(): void {}
}
