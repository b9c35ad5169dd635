import type { Batch, BatchDataset } from '../activations/rows';
import type { Course } from './course';

type BatchIterator = Awaited<ReturnType<BatchDataset['iterator']>>;

/**
 * A dataset in the form that tfjs's loop iterates over: the batches of one epoch, from where
 * training continues.
 */
export class Passes {
  private open: BatchIterator | undefined;
  private hasBegun = false;

  /**
   * @param batchesPerEpoch if given, one pass covers all epochs, with this many batches in each
   */
  constructor(
    private readonly source: BatchDataset,
    private readonly course: Course,
    private readonly batchesPerEpoch: number | undefined,
  ) {}

  /** Number of batches in one epoch, if known. */
  get size(): number | null {
    return this.batchesPerEpoch ?? this.source.size;
  }

  /** Returns the batches of the epoch that has begun. */
  iterator(): BatchIterator {
    let pass: Promise<BatchIterator> | undefined;
    let left = Number.POSITIVE_INFINITY;
    return {
      next: async () => {
        // Not earlier: tfjs requests an iterator that it does not use, ahead of the first epoch.
        pass ??= this.begin();
        const iterator = await pass;
        const { batchesPerEpoch, course } = this;
        if (batchesPerEpoch !== undefined) {
          left = Math.min(left, batchesPerEpoch - course.batchesDone);
          if (left <= 0) return this.end();
        }
        const next = await iterator.next();
        left -= 1;
        if (next.done !== true) return next;
        if (batchesPerEpoch !== undefined) warnOfTooFew(batchesPerEpoch, course.batchesDone);
        return this.end();
      },
    };
  }

  private end(): IteratorResult<Batch, null> {
    this.course.dataEnded();
    return { value: null, done: true };
  }

  private begin(): Promise<BatchIterator> {
    const isFirst = !this.hasBegun;
    this.hasBegun = true;
    const { batchesPerEpoch, course, source } = this;
    const { epoch, epochsBefore, batchesDone } = course;
    if (batchesPerEpoch === undefined) {
      return source.pass(epoch, batchesDone, isFirst ? epochsBefore : 0);
    }
    return this.throughout(epochsBefore * batchesPerEpoch + batchesDone);
  }

  /** Returns the single pass through all epochs. */
  private async throughout(batch: number): Promise<BatchIterator> {
    this.open ??= await this.source.pass(0, batch, 0);
    return this.open;
  }
}

function warnOfTooFew(expected: number, received: number): void {
  console.warn(
    `fitDataset: expected batchesPerEpoch: ${expected} batches in each epoch; the dataset ended ` +
      `after ${received} of this one. Use its repeat(), or fewer epochs.`,
  );
}
