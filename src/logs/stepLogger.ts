import { Callback, type LayersModel } from '@tensorflow/tfjs-layers';

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
