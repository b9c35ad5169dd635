import {
  Callback,
  CustomCallback,
  type CustomCallbackArgs,
  EarlyStopping,
  type ModelFitArgs,
} from '@tensorflow/tfjs-layers';
import type { Course } from './course';

type Callbacks = ModelFitArgs['callbacks'];
type YieldEvery = ModelFitArgs['yieldEvery'];
type Instance = CustomCallback;
type Logs = Parameters<Callback['onBatchEnd']>[1];

type BatchLogs = Parameters<Course['endBatch']>[0];

/** Comes before the caller's own: counts, and has what they look at be as it should. */
class First extends Callback {
  constructor(
    private readonly course: Course,
    private readonly sync: () => void,
  ) {
    super();
  }

  override async onEpochBegin(epoch: number): Promise<void> {
    this.course.beginEpoch(epoch);
  }

  override async onBatchBegin(batch: number, logs: Record<string, unknown> = {}): Promise<void> {
    logs['batch'] = this.course.numberOf(batch);
  }

  override async onBatchEnd(_batch: number, logs: unknown): Promise<void> {
    this.course.endBatch(logs as BatchLogs);
  }

  override async onEpochEnd(_epoch: number, logs: Record<string, unknown> = {}): Promise<void> {
    this.sync();
    this.course.meansInto(logs as BatchLogs);
  }

  override async onTrainEnd(): Promise<void> {
    this.sync();
  }
}

/**
 * Comes after the caller's own: has those that stop training early see the epochs that ended before
 * this call, so that they wait no longer than they would have.
 */
class Reminder extends Callback {
  constructor(
    private readonly course: Course,
    private readonly given: readonly Instance[],
  ) {
    super();
  }

  override async onTrainBegin(): Promise<void> {
    const waiting = this.given.filter((callback) => callback instanceof EarlyStopping);
    for (const [epoch, logs] of this.course.earlierLogs.entries()) {
      // JSON has no NaN.
      const numbers = Object.entries(logs).map(([name, log]) => [name, log ?? Number.NaN]);
      for (const callback of waiting) {
        await callback.onEpochEnd(epoch, Object.fromEntries(numbers));
      }
    }
  }
}

/** What the caller's callbacks have in common: one that throws ends training, and all of them. */
class Guard {
  private hasThrown = false;

  constructor(
    readonly course: Course,
    private readonly stopWith: (error: unknown) => void,
  ) {}

  /** Calls a callback, unless one has thrown. What is thrown waits until tfjs's loop has ended. */
  async call(act: () => Promise<void>): Promise<void> {
    if (this.hasThrown) return;
    try {
      await act();
    } catch (error) {
      this.hasThrown = true;
      this.stopWith(error);
    }
  }
}

/** One of the caller's callbacks, which hears of batches by their numbers in the epoch. */
class Guarded extends Callback {
  constructor(
    private readonly inner: Instance,
    private readonly guard: Guard,
  ) {
    super();
  }

  override setParams(params: Parameters<Instance['setParams']>[0]): void {
    this.inner.setParams(params);
  }

  override setModel(model: Parameters<Instance['setModel']>[0]): void {
    this.inner.setModel(model);
  }

  /** What is thrown here ends training before it has begun. */
  override onTrainBegin(logs?: Logs): Promise<void> {
    return this.inner.onTrainBegin(logs);
  }

  override onTrainEnd(logs?: Logs): Promise<void> {
    return this.guard.call(() => this.inner.onTrainEnd(logs));
  }

  override onEpochBegin(epoch: number, logs?: Logs): Promise<void> {
    return this.guard.call(() => this.inner.onEpochBegin(epoch, logs));
  }

  override onEpochEnd(epoch: number, logs?: Logs): Promise<void> {
    return this.guard.call(() => this.inner.onEpochEnd(epoch, logs));
  }

  override onBatchBegin(batch: number, logs?: Logs): Promise<void> {
    const number = this.guard.course.numberOf(batch);
    return this.guard.call(() => this.inner.onBatchBegin(number, logs));
  }

  override onBatchEnd(batch: number, logs?: Logs): Promise<void> {
    const number = this.guard.course.numberOf(batch);
    return this.guard.call(() => this.inner.onBatchEnd(number, logs));
  }
}

/** A callback that wants to know of training that ends with an error. */
export interface FaultListener {
  /** Called once tfjs's loop has ended; the error is thrown after it. */
  onTrainFault(): Promise<void>;
}

/** What surrounds the caller's callbacks. */
export interface Surroundings {
  course: Course;
  /** Called before the caller's own at the end of an epoch and of training. */
  sync: () => void;
  /** Called with what one of the caller's own has thrown. */
  stopWith: (error: unknown) => void;
  /** What comes after the caller's own. */
  last: Callback;
}

/** The caller's callbacks as instances, plain objects among them. */
export function instancesOf(callbacks: Callbacks, yieldEvery: YieldEvery): Instance[] {
  const given = callbacks == null ? [{}] : [callbacks].flat();
  return given.map((callback) =>
    'setModel' in callback
      ? (callback as Instance)
      : new CustomCallback(callback as CustomCallbackArgs, yieldEvery ?? 'auto'),
  );
}

/** The caller's callbacks, and what surrounds them. */
export function surrounded(
  instances: readonly Instance[],
  { course, sync, stopWith, last }: Surroundings,
): Callback[] {
  const guard = new Guard(course, stopWith);
  const own = instances.map((callback) => new Guarded(callback, guard));
  return [new First(course, sync), ...own, new Reminder(course, instances), last];
}
