import type { SparseAutoencoderLayer } from '../layers/sparseAutoencoder';

/**
 * An option whose value changes with the steps of a training, while the model keeps its own value.
 */
export interface StepOption {
  /** The name of an option of the architecture that `setOption` can change. */
  readonly option: string;
  /**
   * Returns its value in one step.
   *
   * @param step the number of earlier steps: 0 for the first
   * @param value the value that it would otherwise have
   */
  at(step: number, value: number): number;
  /** Whether λ changes with it, so that the penalty times λ stays the same; false by default. */
  readonly keepsPenalty?: boolean;
}

/** Returns an option's name in logs: `lambda_sparse` for `lambdaSparse`. */
const logName = (option: string) => option.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);

/**
 * The options whose values change with the steps. After a step the model has its own values again,
 * with which it is evaluated, checkpointed and saved.
 */
export class StepOptions {
  private readonly all: StepOption[] = [];
  private values: Record<string, number> = {};
  /** λ before the last step, if that has changed it. */
  private lambdaBefore: number | undefined;

  constructor(private readonly sae: () => SparseAutoencoderLayer) {}

  /**
   * Makes an option change with the steps, from the next one on.
   *
   * @returns a function that ends it
   */
  add(added: StepOption): () => void {
    this.all.push(added);
    return () => {
      const place = this.all.indexOf(added);
      if (place >= 0) this.all.splice(place, 1);
      this.values = {};
    };
  }

  /** Takes a step, with its options; `step` counts earlier ones. */
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
      // A value that was set meanwhile stays.
      for (const [option, value] of Object.entries(values)) {
        if (options[option] === value) options[option] = before[option];
      }
    }
  }

  /**
   * Returns the factor of λ after a step that keeps the penalty of the step's rows the same when an
   * option changes. Call it before the step.
   *
   * @param penaltyOf returns the penalty of the step's rows, without λ, with the current options
   */
  async factorAfter(step: number, penaltyOf: () => Promise<number>): Promise<number> {
    let factor = 1;
    const options = this.all.length > 0 ? (this.sae().options as Record<string, unknown>) : {};
    for (const { option, at, keepsPenalty } of this.all) {
      const own = options[option];
      const [now, next] = [step, step + 1].map((one) => at(one, own as number));
      if (!keepsPenalty || now === next) continue;
      const penalties: number[] = [];
      try {
        for (const value of [now, next]) {
          this.sae().setOption(option, value);
          penalties.push(await penaltyOf());
        }
      } finally {
        options[option] = own;
      }
      const ratio = (penalties[0] as number) / (penalties[1] as number);
      if (ratio > 0 && Number.isFinite(ratio)) factor *= ratio;
    }
    return factor;
  }

  /** Multiplies λ after a step by the result of {@link factorAfter}. */
  rescale(factor: number): void {
    this.lambdaBefore = undefined;
    if (factor === 1) return;
    this.lambdaBefore = this.lambda;
    this.sae().setLambda(this.lambdaBefore * factor);
  }

  /** Restores λ from before the last step, which was undone. */
  takeBack(): void {
    if (this.lambdaBefore !== undefined) this.sae().setLambda(this.lambdaBefore);
    this.lambdaBefore = undefined;
  }

  private get lambda(): number {
    return (this.sae().options as { lambdaSparse: number }).lambdaSparse;
  }

  /** The values in the last step, by their names in logs, and λ if one of them changes it. */
  get logs(): Readonly<Record<string, number>> {
    const named = Object.entries(this.values).map(([option, value]) => [logName(option), value]);
    const isKept = this.all.some(({ keepsPenalty }) => keepsPenalty);
    return { ...(isKept && { lambda_sparse: this.lambda }), ...Object.fromEntries(named) };
  }
}
