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
  /** Whether λ changes whenever it does, so that the penalty with λ stays what it is; false by default. */
  readonly keepsPenalty?: boolean;
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
  /** λ from before the last step, where that has changed it. */
  private lambdaBefore: number | undefined;

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

  /**
   * What λ is to be multiplied by after a step, so that the penalty of the step's rows stays what it is
   * where an option changes. To be called before the step.
   *
   * @param penaltyOf the penalty of the step's rows, without λ, with the options as they are
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

  /** Multiplies λ after a step, by what {@link factorAfter} gave. */
  rescale(factor: number): void {
    this.lambdaBefore = undefined;
    if (factor === 1) return;
    this.lambdaBefore = this.lambda;
    this.sae().setLambda(this.lambdaBefore * factor);
  }

  /** Makes λ what it was before the last step, which was taken back. */
  takeBack(): void {
    if (this.lambdaBefore !== undefined) this.sae().setLambda(this.lambdaBefore);
    this.lambdaBefore = undefined;
  }

  private get lambda(): number {
    return (this.sae().options as { lambdaSparse: number }).lambdaSparse;
  }

  /** Their values in the last step, by the names that logs have, and λ where one of them changes it. */
  get logs(): Readonly<Record<string, number>> {
    const named = Object.entries(this.values).map(([option, value]) => [logName(option), value]);
    const isKept = this.all.some(({ keepsPenalty }) => keepsPenalty);
    return { ...(isKept && { lambda_sparse: this.lambda }), ...Object.fromEntries(named) };
  }
}
