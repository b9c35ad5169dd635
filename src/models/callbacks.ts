import { Tensor } from '@tensorflow/tfjs-core';
import {
  Callback,
  CustomCallback,
  type CustomCallbackArgs,
  type ModelFitArgs,
} from '@tensorflow/tfjs-layers';

type Callbacks = ModelFitArgs['callbacks'];
type YieldEvery = ModelFitArgs['yieldEvery'];

/** Takes out of the logs what only training has: tfjs wants every log of validation too. */
class TrainingOnlyLogs extends Callback {
  constructor(private readonly names: readonly string[]) {
    super();
  }

  override async onEpochEnd(_epoch: number, logs: Record<string, unknown> = {}): Promise<void> {
    for (const name of this.names) {
      const value = logs[`val_${name}`];
      if (value instanceof Tensor) value.dispose();
      delete logs[`val_${name}`];
    }
  }
}

/**
 * The caller's callbacks, plain objects and instances mixed as they like, behind one that takes
 * `val_<name>` out of the logs for each log that only training has.
 */
export function withTrainingOnlyLogs(
  names: readonly string[],
  callbacks: Callbacks,
  yieldEvery: YieldEvery,
): Callbacks {
  const given = callbacks == null ? [{}] : [callbacks].flat();
  const instances = given.map((callback) =>
    'setModel' in callback
      ? callback
      : new CustomCallback(callback as CustomCallbackArgs, yieldEvery ?? 'auto'),
  );
  return [new TrainingOnlyLogs(names), ...instances] as Callbacks;
}
