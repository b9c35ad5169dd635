import type { SAEModel, WarmupCosineDecay } from 'gated-sae-tfjs';
import type { Settings, Sparsity, StepRow, TrainingEnd } from '../protocol';
import { applySparsity } from './applySparsity';
import { Gate } from './gate';
import { newModel } from './newModel';
import type { OneAtATime } from './oneAtATime';
import { shuffledBatches } from './shuffledBatches';
import { turn } from './turn';

/** What the library logs of a step; all but the first three are the loss and its terms. */
type Logs = { batch: number; size: number; grad_norm: number } & Record<string, number>;

/** One training of a new model, or of one that is there. */
export class Training {
  readonly model: SAEModel;
  readonly steps: number;
  readonly stepsPerEpoch: number;
  private readonly schedule: WarmupCosineDecay;
  private readonly gate = new Gate();
  /** That of the step that is under way, and from the next one on. */
  private sparsity: { now: Sparsity; next: Sparsity };
  private taken = 0;
  private seconds = 0;
  private stopped = false;
  private over = false;

  /**
   * @param images `[images × PIXELS]`
   * @param turns for the model: each step waits for whoever looks at it or saves it, who would see
   * weights of two steps
   * @param dictionary its number among those that are trained
   * @param opened the model that is trained further; none for a new one
   */
  constructor(
    private readonly settings: Settings,
    private readonly images: Uint8Array,
    private readonly turns: OneAtATime,
    private readonly dictionary = 0,
    private readonly opened?: SAEModel,
  ) {
    this.stepsPerEpoch = this.batches().size as number;
    this.steps = settings.epochs * this.stepsPerEpoch;
    this.sparsity = { now: settings.sparsity, next: settings.sparsity };
    const { model, schedule } = newModel(settings, this.steps, opened);
    this.model = model;
    this.schedule = schedule;
  }

  /**
   * Trains to the end, or until it is stopped.
   *
   * @param between is called after each step, and awaited
   */
  async run(between: (row: StepRow) => Promise<void>): Promise<TrainingEnd> {
    const { model, settings, turns } = this;
    let leave = () => {};
    try {
      if (!this.opened) await turns.use(() => model.initDecoderBias(this.batches()));
      let start = performance.now();
      await model.fitDataset(this.batches(), {
        epochs: settings.epochs,
        verbose: 0,
        yieldEvery: 'never', // tfjs would wait for a frame, of which a hidden page has none
        callbacks: {
          onBatchBegin: async () => {
            const arrived = performance.now();
            leave = await turns.enter();
            start += performance.now() - arrived; // to wait is no step's time
            this.takeSparsity();
          },
          onBatchEnd: async (_batch: number, logs?: object) => {
            leave();
            const end = performance.now();
            const row = this.row(logs as Logs, (end - start) / 1000);
            start = end;
            await between(row);
            await turn();
            const arrived = performance.now();
            await this.gate.pass();
            start += performance.now() - arrived; // a pause is nobody's time
            if (this.stopped) model.stopTraining = true;
          },
        },
      });
    } finally {
      leave();
      this.over = true;
      this.gate.open();
    }
    const { step, threads = 1 } = { threads: undefined, ...model.stepTaken } as TrainingEnd;
    const finished = this.taken === this.steps;
    return { finished, steps: this.taken, seconds: this.seconds, step, threads };
  }

  /** Resolves between two steps, or when there are no more. */
  async pause(): Promise<void> {
    if (!this.over) await this.gate.close();
  }

  resume(): void {
    this.gate.open();
  }

  stop(): void {
    this.stopped = true;
    this.gate.open();
  }

  setSparsity(value: number): void {
    this.sparsity.next = { ...this.sparsity.next, value };
  }

  /** All images, in another order each time. */
  private batches() {
    return shuffledBatches(this.images, this.settings.batchSize, this.settings.seed);
  }

  private takeSparsity(): void {
    const { now, next } = this.sparsity;
    if (next !== now) applySparsity(this.model, next);
    this.sparsity.now = next;
  }

  private row(logs: Logs, seconds: number): StepRow {
    const { batch: _, size: __, grad_norm: ___, ...losses } = logs;
    const learningRate = this.schedule.at(this.taken);
    const epoch = Math.floor(this.taken / this.stepsPerEpoch) + 1;
    this.taken += 1;
    this.seconds += seconds;
    const { dictionary, taken: step } = this;
    const sparsity = this.sparsity.now;
    return { dictionary, step, epoch, sparsity, learningRate, seconds, losses };
  }
}
