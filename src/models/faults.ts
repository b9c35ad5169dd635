import * as tf from '@tensorflow/tfjs-core';
import { nothingThrown } from '../errors';

/** A model whose training stops when tfjs's loop is told to. */
export interface Stoppable {
  readonly where: string;
  stopTraining: boolean;
  assertNotDisposed(cause?: unknown): void;
}

/** Returns logs of NaN, for a batch without logs: tfjs needs a scalar for each name. */
export const nanLogs = (names: readonly string[]): tf.Scalar[] =>
  names.map(() => tf.scalar(Number.NaN));

/**
 * What has stopped training or evaluation; it is thrown after tfjs's loop has ended and cleaned up.
 */
export class Faults {
  private fault: unknown;

  constructor(private readonly model: Stoppable) {}

  /** The fault that has stopped it; undefined if there is none. */
  get current(): unknown {
    return this.fault;
  }

  /** Ends training after this batch. */
  stopWith(fault: unknown): void {
    this.fault ??= this.told(fault);
    this.model.stopTraining = true;
  }

  /** Returns what was thrown; an error that explains it if that is undefined or the like. */
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
      // Weights disposed meanwhile fail in tfjs, with a different message at each use.
      this.model.assertNotDisposed(error);
      throw this.told(error);
    }
  }

  /**
   * Sets the fault aside for an evaluation that was requested in the middle of training and must
   * not stop it.
   *
   * @returns a function that ends this
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
