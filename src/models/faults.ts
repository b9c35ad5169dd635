import * as tf from '@tensorflow/tfjs-core';
import { nothingThrown } from '../errors';

/** A model whose training tfjs's loop stops when it is told to. */
export interface Stoppable {
  readonly where: string;
  stopTraining: boolean;
  assertNotDisposed(cause?: unknown): void;
}

/** Logs of NaN, of a batch that has none: tfjs wants a scalar for each name. */
export const nanLogs = (names: readonly string[]): tf.Scalar[] =>
  names.map(() => tf.scalar(Number.NaN));

/** What has stopped training or evaluation: it is thrown when tfjs's loop has ended and tidied up. */
export class Faults {
  private fault: unknown;

  constructor(private readonly model: Stoppable) {}

  /** The one that has stopped it; undefined where all is well. */
  get current(): unknown {
    return this.fault;
  }

  /** Ends training after this batch. */
  stopWith(fault: unknown): void {
    this.fault ??= this.told(fault);
    this.model.stopTraining = true;
  }

  /** What was thrown; an error that says so where that is undefined or the like, which tells nothing. */
  private told(thrown: unknown): unknown {
    return thrown || nothingThrown(this.model.where, thrown);
  }

  /** Trains, and throws what has stopped it. */
  async until<T>(train: () => Promise<T>): Promise<T> {
    this.fault = undefined;
    try {
      const result = await train();
      if (this.fault) throw this.fault;
      return result;
    } catch (error) {
      // Weights that went under it fail as tfjs has it, each use in words of its own.
      this.model.assertNotDisposed(error);
      throw this.told(error);
    }
  }

  /**
   * Sets the fault aside for an evaluation that somebody asks for in the middle of training: it must
   * not stop that.
   *
   * @returns what ends it
   */
  setAside(): { restore(): void } {
    const { fault, model } = this;
    const { stopTraining } = model;
    this.fault = undefined;
    return {
      restore: () => {
        this.fault = fault;
        model.stopTraining = stopTraining;
      },
    };
  }
}
