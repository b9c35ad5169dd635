import * as tf from '@tensorflow/tfjs-core';
import type { Host } from '../host';
import { type InputBatch, inputBatches, type ModelData } from './inputBatches';

/** A batch that went through the model, and the layers whose readers have not taken it yet. */
interface Held {
  readonly batch: InputBatch;
  readonly hidden: Map<string, tf.Tensor>;
}

/**
 * One pass of a model over data, for the readers of several layers that take turns: each batch goes
 * through the model once. A reader that has fallen behind finds its batch gone.
 */
export class SharedPass {
  private readonly batches: AsyncGenerator<InputBatch>;
  private held: Promise<Held | undefined> = Promise.resolve(undefined);
  private number: number;
  private left: number;
  private isEnded = false;

  constructor(
    where: string,
    private readonly host: Host,
    private readonly layers: readonly string[],
    data: ModelData,
    batchSize: number,
    /** The number of batches to skip: they are read, but not put through the model. */
    private readonly from = 0,
  ) {
    this.batches = inputBatches(where, data, batchSize);
    this.number = from - 1;
    this.left = from;
  }

  /** Whether no batch after the first has been requested. */
  get isAtStart(): boolean {
    return this.number <= this.from;
  }

  /**
   * Applies a function to a layer's tensor in a batch.
   *
   * @param number the number of the batch: the one that is held, or the next
   * @param use receives the tensor and the inputs, which it must not dispose
   * @returns the function's result; `'gone'` if other readers have already moved on to a later
   *   batch, `'end'` after the last batch
   */
  async use<T>(
    number: number,
    layer: string,
    use: (hidden: tf.Tensor, batch: InputBatch) => Promise<T>,
  ): Promise<{ value: T } | 'gone' | 'end'> {
    if (this.isEnded || number < this.number) return 'gone';
    if (number > this.number) {
      this.number = number;
      const before = this.held;
      this.held = before.then((last) => this.next(last));
    }
    const held = await this.held;
    if (held === undefined) return 'end';
    const hidden = held.hidden.get(layer);
    if (hidden === undefined) return 'gone';
    held.hidden.delete(layer);
    try {
      return { value: await use(hidden, held.batch) };
    } finally {
      hidden.dispose();
      if (held.hidden.size === 0) tf.dispose(held.batch.inputs);
    }
  }

  /** Disposes what is held. */
  async end(): Promise<void> {
    this.isEnded = true;
    drop(await this.held.catch(() => undefined));
    await this.batches.return(undefined);
  }

  private async next(last: Held | undefined): Promise<Held | undefined> {
    drop(last);
    for (; this.left > 0; this.left--) {
      const { value: batch } = await this.batches.next();
      tf.dispose(batch?.inputs ?? []);
    }
    const { value: batch, done } = await this.batches.next();
    if (done) return undefined;
    try {
      const found = await this.host.capture(batch.inputs, this.layers);
      return {
        batch,
        hidden: new Map(this.layers.map((layer, i) => [layer, found[i] as tf.Tensor])),
      };
    } catch (error) {
      tf.dispose(batch.inputs);
      throw error;
    }
  }
}

/** Disposes tensors that no reader has taken. */
function drop(held: Held | undefined): void {
  if (held === undefined || held.hidden.size === 0) return;
  tf.dispose([...held.hidden.values()]);
  tf.dispose(held.batch.inputs);
  held.hidden.clear();
}
