import * as tf from '@tensorflow/tfjs-core';
import type { TallyState } from '../engine/epochTally';
import type { DataOrder, Numbers, TrainingPlace } from './trainingPlace';

type Logs = Record<string, number | tf.Scalar>;

/** What tfjs puts among a batch's logs that is none. */
const NOT_LOGGED = ['batch', 'size'];

/**
 * One call of `fit` or `fitDataset`: how far it is, counted as it goes.
 *
 * tfjs counts batches from the first that it sees, and takes each log's mean over those; this counts
 * from the epoch's own beginning, which may have been in another process.
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
   * @param order of the data
   * @param steps the optimizer's count, read anew at each call
   * @param measures of this epoch's batches so far, likewise
   * @param from where it goes on; undefined for the beginning
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

  /** The epoch that it is in. */
  get epoch(): number {
    return this.current;
  }

  /** Epochs of this training before the one that it is in. */
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

  /** Has the sums of the logs kept too, which a {@link place} needs. */
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

  /** A batch's number in its epoch, by that which tfjs has given it. */
  numberOf(batch: number): number {
    return this.before + batch;
  }

  /**
   * Notes how a step has gone.
   *
   * @param count by how many the optimizer counts more than before: 1, or after a fault 0 or -1
   */
  stepTaken(count: number): void {
    this.batch += count;
    if (count < 0) this.wentBack = true;
  }

  /** Notes a fault: what was logged since is of no use. */
  fail(): void {
    this.failed = true;
  }

  /** Takes a batch's logs into the sums, as tfjs's own logger does. */
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

  /** Puts the means over all of an epoch's batches in the place of those over this call's alone. */
  meansInto(logs: Logs): void {
    const { totals } = this;
    if (totals === undefined || this.before === 0) return;
    for (const [name, total] of Object.entries(totals)) {
      tf.dispose(logs[name]);
      logs[name] = tf.keep(tf.tidy(() => tf.mul(tf.div(1, this.rows), total)));
    }
  }

  /** Notes that the data of this epoch has come to its end. */
  dataEnded(): void {
    this.ended = true;
  }

  /** Whether training goes on that began in an earlier call. */
  get hasBegun(): boolean {
    return this.from !== undefined;
  }

  /** Whether a fault has ended training. */
  get hasFailed(): boolean {
    return this.failed;
  }

  /** Whether this epoch has ended as it should: with its data, and its validation. */
  get isEpochWhole(): boolean {
    return this.ended && !this.failed;
  }

  /** Goes on to the next epoch, once; the one that has ended gave these logs. */
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
   * Where training is now.
   *
   * @returns undefined where a step was taken back: then nobody knows what the logs before it were.
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

/** Logs as numbers, whatever they are; they stay whose they are. */
export async function numbersOf(logs: Readonly<Record<string, unknown>> = {}): Promise<Numbers> {
  const entries = Object.entries(logs).filter(([name]) => !NOT_LOGGED.includes(name));
  const read = entries.map(async ([name, log]) => {
    const number = log instanceof tf.Tensor ? (await log.data())[0] : log;
    return [name, number as number] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}
