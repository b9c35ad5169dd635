import * as tf from '@tensorflow/tfjs-core';
import type { TallyState } from '../engine/epochTally';
import type { DataOrder, Numbers, TrainingPlace } from './trainingPlace';

type Logs = Record<string, number | tf.Scalar>;

/** Entries of a batch's logs in tfjs that are not logs. */
const NOT_LOGGED = ['batch', 'size'];

/**
 * The progress of one call of `fit` or `fitDataset`.
 *
 * tfjs counts batches from the first that it sees, and averages each log over those; this class
 * counts from the beginning of the epoch, which may have been in another process.
 */
export class Course {
  /** Batches of this epoch that were trained on before this call. */
  private before = 0;
  private current: number;
  private batch: number;
  private rows: number;
  private totals: Record<string, tf.Scalar> | undefined;
  private readonly epochLogs: Numbers[];
  private ended = false;
  private failed = false;
  private wentBack = false;

  /**
   * @param order the order of the data
   * @param steps returns the optimizer's step count
   * @param measures returns the measures of this epoch's batches so far
   * @param from where to continue; undefined for the beginning
   */
  constructor(
    private readonly order: DataOrder,
    private readonly steps: () => number,
    private readonly measures: () => TallyState,
    private readonly from: TrainingPlace | undefined,
  ) {
    const firstEpoch = order.initialEpoch ?? 0;
    this.current = from?.epoch ?? firstEpoch;
    this.batch = from?.batch ?? 0;
    this.rows = from?.sums.rows ?? 0;
    this.epochLogs = [...(from?.epochLogs ?? Array.from({ length: firstEpoch }, () => ({})))];
    if (from && from.batch > 0) this.keepSums();
  }

  /** The current epoch. */
  get epoch(): number {
    return this.current;
  }

  /** Epochs of this training before the current one. */
  get epochsBefore(): number {
    return this.current - (this.order.initialEpoch ?? 0);
  }

  /** Batches of this epoch that have been trained on, in this call or before. */
  get batchesDone(): number {
    return this.batch;
  }

  /** The logs of the epochs that ended before this call. */
  get earlierLogs(): readonly Numbers[] {
    return this.from?.epochLogs ?? [];
  }

  /** Keeps the sums of the logs as well, which {@link place} needs. */
  keepSums(): void {
    this.totals ??= Object.fromEntries(
      Object.entries(this.from?.sums.totals ?? {}).map(([name, total]) => [
        name,
        // JSON has no NaN.
        tf.keep(tf.scalar(total ?? Number.NaN)),
      ]),
    );
  }

  beginEpoch(epoch: number): void {
    this.current = epoch;
    this.ended = false;
    this.before = epoch === this.from?.epoch ? this.from.batch : 0;
    this.batch = this.before;
    if (this.before > 0) return;
    this.rows = 0;
    tf.dispose(this.totals);
    if (this.totals) this.totals = {};
  }

  /** Returns a batch's number in its epoch, given the number from tfjs. */
  numberOf(batch: number): number {
    return this.before + batch;
  }

  /**
   * Records a step.
   *
   * @param count the change of the optimizer's step count: 1, or after a fault 0 or -1
   */
  stepTaken(count: number): void {
    this.batch += count;
    if (count < 0) this.wentBack = true;
  }

  /** Records a fault: logs from then on are useless. */
  fail(): void {
    this.failed = true;
  }

  /** Adds a batch's logs to the sums, like tfjs's own logger. */
  endBatch(logs: Logs): void {
    if (this.failed) return;
    const size = Number(logs['size']);
    this.rows += size;
    const { totals } = this;
    if (totals === undefined) return;
    for (const [name, log] of Object.entries(logs)) {
      if (NOT_LOGGED.includes(name)) continue;
      const total = totals[name];
      totals[name] = tf.keep(tf.tidy(() => tf.add(total ?? 0, tf.mul(log, size))));
      total?.dispose();
    }
  }

  /** Replaces the means over this call's batches by those over all of the epoch's batches. */
  meansInto(logs: Logs): void {
    const { totals } = this;
    if (totals === undefined || this.before === 0) return;
    for (const [name, total] of Object.entries(totals)) {
      tf.dispose(logs[name]);
      logs[name] = tf.keep(tf.tidy(() => tf.mul(tf.div(1, this.rows), total)));
    }
  }

  /** Records that the data of this epoch has ended. */
  dataEnded(): void {
    this.ended = true;
  }

  /** Whether this training began in an earlier call. */
  get hasBegun(): boolean {
    return this.from !== undefined;
  }

  /** Whether a fault has ended training. */
  get hasFailed(): boolean {
    return this.failed;
  }

  /** Whether this epoch has ended properly: with its data, and its validation. */
  get isEpochWhole(): boolean {
    return this.ended && !this.failed;
  }

  /** Advances to the next epoch, once, with the logs of the one that ended. */
  completeEpoch(logs: Numbers): void {
    if (!this.isEpochWhole) return;
    this.ended = false;
    this.epochLogs.push(logs);
    this.current += 1;
    this.batch = 0;
    this.rows = 0;
    tf.dispose(this.totals);
    if (this.totals) this.totals = {};
  }

  /**
   * Returns the current place of the training.
   *
   * @returns undefined if a step was undone: the logs before it are then unknown.
   */
  async place(): Promise<TrainingPlace | undefined> {
    const { epoch, batch, rows, order } = this;
    if (this.wentBack) return undefined;
    const step = this.steps();
    const epochLogs = [...this.epochLogs];
    const totals = await numbersOf(this.totals ?? {});
    const measures = batch > 0 ? this.measures() : null;
    return { epoch, batch, step, order, sums: { rows, totals }, measures, epochLogs };
  }

  dispose(): void {
    tf.dispose(this.totals);
    this.totals = undefined;
  }
}

/** Returns logs as numbers; the originals are not disposed. */
export async function numbersOf(logs: Readonly<Record<string, unknown>> = {}): Promise<Numbers> {
  const entries = Object.entries(logs).filter(([name]) => !NOT_LOGGED.includes(name));
  const read = entries.map(async ([name, log]) => {
    const number = log instanceof tf.Tensor ? (await log.data())[0] : log;
    return [name, number as number] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}
