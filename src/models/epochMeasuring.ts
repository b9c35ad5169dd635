import { Callback } from '@tensorflow/tfjs-layers';
import { EpochTally, type TallyState } from '../engine/epochTally';

/**
 * Measures an epoch's training and validation, which `fit` logs at the end of the epoch: a callback
 * that runs before the caller's.
 */
export class EpochMeasuring extends Callback {
  training: EpochTally;
  validation: EpochTally;

  /**
   * @param options returns the options that change with the steps, with their values in the last
   *   one
   * @param before measures of the first epoch's batches that an earlier call trained on
   */
  constructor(
    private readonly features: number,
    private readonly options: () => Readonly<Record<string, number>>,
    private before?: TallyState,
  ) {
    super();
    this.training = new EpochTally(features);
    this.validation = new EpochTally(features);
  }

  override async onEpochBegin(): Promise<void> {
    this.training = new EpochTally(this.features, this.before);
    this.validation = new EpochTally(this.features);
    this.before = undefined;
  }

  override async onEpochEnd(_epoch: number, logs: Record<string, unknown> = {}): Promise<void> {
    Object.assign(logs, this.training.measures, this.options());
    for (const [name, value] of Object.entries(this.validation.measures ?? {})) {
      logs[`val_${name}`] = value;
    }
  }
}
