import type { SparseAutoencoderLayer } from '../layers/sparseAutoencoder';

/** What an option is to be in each step of a training, though the model keeps its own value. */
export interface StepOption {
  /** One of the architecture's own options that `setOption` changes. */
  readonly option: string;
  /**
   * Its value in one step.
   *
   * @param step steps taken before it: 0 for the first
   * @param value what it would be otherwise
   */
  at(step: number, value: number): number;
}

/** An option's name as logs have it: `lambda_sparse` of `lambdaSparse`. */
const logName = (option: string) => option.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);

/**
 * The options that have values of their own in each step. The model has its own again when the step
 * is over: that is what it is evaluated, checkpointed and saved with.
 */
export class StepOptions {
  private readonly all: StepOption[] = [];
  private values: Record<string, number> = {};

  constructor(private readonly sae: () => SparseAutoencoderLayer) {}

  /**
   * Has an option change with the steps, from the next one on.
   *
   * @returns what ends that
   */
  add(added: StepOption): () => void {
    this.all.push(added);
    return () => {
      const place = this.all.indexOf(added);
      if (place >= 0) this.all.splice(place, 1);
      this.values = {};
    };
  }

  /** Takes a step, of which so many came before, with its options. */
  async during<T>(step: number, take: () => Promise<T>): Promise<T> {
    if (this.all.length === 0) return take();
    const sae = this.sae();
    const options = sae.options as Record<string, unknown>;
    const before = { ...options };
    this.values = {};
    for (const { option, at } of this.all) {
      sae.setOption(option, at(step, options[option] as number));
      this.values[option] = options[option] as number;
    }
    const { values } = this;
    try {
      return await take();
    } finally {
      // What somebody has set meanwhile is to stay.
      for (const [option, value] of Object.entries(values)) {
        if (options[option] === value) options[option] = before[option];
      }
    }
  }

  /** Their values in the last step, by the names that logs have. */
  get logs(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      Object.entries(this.values).map(([option, value]) => [logName(option), value]),
    );
  }
}
