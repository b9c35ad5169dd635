/** Several training steps, one after another. */
export interface Turn {
  /** Of each step. */
  readonly milliseconds: readonly number[];
  /** Of the first of them, before its update. */
  readonly loss: number;
}

/** Something that takes training steps from a state. */
export interface Contestant {
  readonly name: string;
  take(steps: number): Promise<Turn>;
  /** Frees all that it holds. */
  end(): Promise<void>;
}

/** What came of a contestant's turns. */
export interface Timing {
  readonly name: string;
  /** Of its very first step. */
  readonly firstLoss: number;
  /** The median step of each round, in milliseconds. */
  readonly rounds: readonly number[];
}

/** A contestant that is not in the tables, and why. */
export interface Absence {
  readonly name: string;
  readonly reason: string;
}

/** A contestant that computes in this process: each step as it is awaited. */
export class OwnContestant implements Contestant {
  constructor(
    readonly name: string,
    /** Takes one step and gives its loss. */
    private readonly step: () => Promise<number>,
    private readonly dispose: () => void,
    /** Before a turn, outside the time that is measured. */
    private readonly prepare: () => Promise<unknown> = async () => {},
  ) {}

  async take(steps: number): Promise<Turn> {
    await this.prepare();
    const milliseconds: number[] = [];
    const losses: number[] = [];
    for (let i = 0; i < steps; i++) {
      const start = performance.now();
      losses.push(await this.step());
      milliseconds.push(performance.now() - start);
    }
    return { milliseconds, loss: losses[0] as number };
  }

  async end(): Promise<void> {
    this.dispose();
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2;
}
