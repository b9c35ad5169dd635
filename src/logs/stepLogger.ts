import { Callback, type LayersModel } from '@tensorflow/tfjs-layers';

/**
 * A callback that writes logs by the optimizer's step count, which is saved with a model: training
 * that continues elsewhere continues the same log.
 *
 * @example
 * ```ts
 * import { csvLogger, StepLogger } from 'gated-sae-tfjs';
 * console.log(csvLogger() instanceof StepLogger); // true
 * ```
 */
export abstract class StepLogger extends Callback {
  /** The number of steps that the model's optimizer has taken. */
  protected get steps(): number {
    return (this.model as LayersModel).optimizer.iterations;
  }
}
