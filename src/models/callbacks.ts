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

/** Runs before the caller's callbacks: counts, and updates what they look at. */
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
 * Runs after the caller's callbacks: shows those that stop training early the epochs that ended
 * before this call, so that they do not wait longer than they would have.
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

/** Shared by the caller's callbacks: if one throws, training and all of them end. */
class Guard {
  private hasThrown = false;

  constructor(
    readonly course: Course,
    private readonly stopWith: (error: unknown) => void,
  ) {}

  /** Calls a callback, unless one has thrown. The error is thrown after tfjs's loop has ended. */
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

/** One of the caller's callbacks, which receives batches with their numbers in the epoch. */
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

  /** An error thrown here ends training before it has begun. */
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

/** A callback that is notified if training ends with an error. */
export interface FaultListener {
  /** Called once tfjs's loop has ended, before the error is thrown. */
  onTrainFault(): Promise<void>;
}

/** What runs around the caller's callbacks. */
export interface Surroundings {
  course: Course;
  /** Called before the caller's callbacks at the end of an epoch and of training. */
  sync: () => void;
  /** Called with an error that a callback has thrown. */
  stopWith: (error: unknown) => void;
  /** Runs after the caller's callbacks. */
  last: Callback;
}

/** Returns the caller's callbacks as instances, including plain objects. */
export function instancesOf(callbacks: Callbacks, yieldEvery: YieldEvery): Instance[] {
  const given = callbacks == null ? [{}] : [callbacks].flat();
  return given.map((callback) =>
    'setModel' in callback
      ? (callback as Instance)
      : new CustomCallback(callback as CustomCallbackArgs, yieldEvery ?? 'auto'),
  );
}

/** Returns the caller's callbacks, and what runs around them. */
export function surrounded(
  instances: readonly Instance[],
  { course, sync, stopWith, last }: Surroundings,
): Callback[] {
  const guard = new Guard(course, stopWith);
  const own = instances.map((callback) => new Guarded(callback, guard));
  return [new First(course, sync), ...own, new Reminder(course, instances), last];
}
