import { Tensor } from '@tensorflow/tfjs-core';
import {
  Callback,
  CustomCallback,
  type CustomCallbackArgs,
  type ModelFitArgs,
} from '@tensorflow/tfjs-layers';

type Callbacks = ModelFitArgs['callbacks'];
type YieldEvery = ModelFitArgs['yieldEvery'];

/** Calls `act` before anything else at the end of an epoch and of training. */
class FirstAtTheEnd extends Callback {
  constructor(private readonly act: (logs: Record<string, unknown>) => void) {
    super();
  }

  override async onEpochEnd(_epoch: number, logs: Record<string, unknown> = {}): Promise<void> {
    this.act(logs);
  }

  override async onTrainEnd(logs: Record<string, unknown> = {}): Promise<void> {
    this.act(logs);
  }
}

/** What surrounds the caller's callbacks. */
export interface Surroundings {
  /** Logs that only training has: `val_<name>` is taken out, for tfjs wants all of them there. */
  trainingOnly: readonly string[];
  /** Called before the caller's own at the end of an epoch and of training. */
  sync: () => void;
  /** What comes after the caller's own. */
  last: Callback;
}

/** The caller's callbacks, plain objects and instances mixed as they like, and what surrounds them. */
export function surrounded(
  callbacks: Callbacks,
  yieldEvery: YieldEvery,
  { trainingOnly, sync, last }: Surroundings,
): Callbacks {
  const given = callbacks == null ? [{}] : [callbacks].flat();
  const instances = given.map((callback) =>
    'setModel' in callback
      ? callback
      : new CustomCallback(callback as CustomCallbackArgs, yieldEvery ?? 'auto'),
  );
  const first = new FirstAtTheEnd((logs) => {
    for (const name of trainingOnly) {
      const value = logs[`val_${name}`];
      if (value instanceof Tensor) value.dispose();
      delete logs[`val_${name}`];
    }
    sync();
  });
  return [first, ...instances, last] as Callbacks;
}
