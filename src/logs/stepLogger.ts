import type { Scalar } from '@tensorflow/tfjs-core';
import { Callback, type LayersModel } from '@tensorflow/tfjs-layers';

type Logs = Parameters<Callback['onEpochEnd']>[1];

/** What tfjs puts among a batch's logs that is none. */
const NOT_LOGGED = ['batch', 'size'];

/**
 * A callback that writes logs down by the optimizer's steps, which are saved with a model: so a
 * training that goes on somewhere goes on in the same log.
 *
 * @example
 * ```ts
 * import { csvLogger, StepLogger } from 'gated-sae-tfjs';
 * console.log(csvLogger() instanceof StepLogger); // true
 * ```
 */
export abstract class StepLogger extends Callback {
  /** Steps that the model's optimizer has taken. */
  protected get steps(): number {
    return (this.model as LayersModel).optimizer.iterations;
  }
}

/** Logs as numbers. */
export async function numbersOf(logs: Logs = {}): Promise<Record<string, number>> {
  const entries = Object.entries(logs).filter(([name]) => !NOT_LOGGED.includes(name));
  const numbers = entries.map(async ([name, value]) => {
    const number = typeof value === 'number' ? value : (await (value as Scalar).data())[0];
    return [name, number as number] as const;
  });
  return Object.fromEntries(await Promise.all(numbers));
}
