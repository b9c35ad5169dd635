import type { Scalar } from '@tensorflow/tfjs-core';
import { Callback } from '@tensorflow/tfjs-layers';
import type { Batch, RowDataset } from '../activations/rows';
import type { Passes } from './passes';

/**
 * Makes `fitDataset` wait for a training step. tfjs gets a batch's logs from a function that cannot
 * wait, but it awaits the data and the callbacks before it, so the step is taken at the end of
 * `onBatchBegin`, after all of the user's own callbacks.
 */
export class AwaitedSteps extends Callback {
  private batch: Batch | undefined;
  private logs: Scalar[] | undefined;

  /** @param step takes a step with a batch, and handles its faults itself. */
  constructor(private readonly step: (batch: Batch) => Promise<Scalar[]>) {
    super();
  }

  /** Returns the same dataset, remembering each batch. */
  remember(source: Passes): RowDataset {
    return {
      size: source.size,
      iterator: () => {
        const iterator = source.iterator();
        return {
          next: async () => {
            const next = await iterator.next();
            this.batch = next.value ?? undefined;
            return next;
          },
        };
      },
    };
  }

  /** Takes the step, as the last callback. */
  override async onBatchBegin(): Promise<void> {
    this.logs = await this.step(this.batch as Batch);
  }

  /** Returns the logs of the step that was taken. */
  taken(): Scalar[] {
    const logs = this.logs as Scalar[];
    this.logs = undefined;
    return logs;
  }
}
