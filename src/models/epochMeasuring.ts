import { Callback } from '@tensorflow/tfjs-layers';
import { EpochTally, type TallyState } from '../engine/epochTally';

/**
 * Measures of an epoch's training and of its validation, which `fit` logs at the epoch's end: the callback
 * that stands before the caller's own.
 */
export class EpochMeasuring extends Callback {
  training: EpochTally;
  validation: EpochTally;

  /**
   * @param options those that change with the steps, as they were in the last one
   * @param before measures of the first epoch's batches that an earlier call has trained on
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
