import * as tf from '@tensorflow/tfjs-core';
import { iteratorOf, type RowDataset, type RowIterator } from '../activations/rows';

/** One batch that all readers receive in turn. */
interface Round {
  readonly pass: number;
  readonly batch: number;
  readonly next: IteratorResult<unknown, unknown>;
}

/**
 * A dataset that is read once for several readers, which take turns: when a reader asks for its
 * next batch, the next reader gets the current one. So only one batch is held, and only one reader
 * works at a time.
 */
export class SharedRows {
  private round: Round | undefined;
  private readonly iterators = new Map<number, RowIterator>();
  /** The readers that have not ended, in the order of their turns. */
  private readonly readers: Reader[] = [];
  private current: Reader | undefined;
  private source: RowDataset | undefined;

  /** @param where how errors refer to the caller */
  constructor(private readonly where: string) {}

  /**
   * Adds a reader. All must join before the first of them reads.
   *
   * @returns `read`, which wraps a dataset for this reader: all readers pass the same one, and the
   *   first one's is read, in whole passes; and `leave`, which ends the reader's turns
   */
  join(): { read(source: RowDataset): RowDataset; leave(): void } {
    const reader = new Reader();
    this.readers.push(reader);
    this.current ??= reader;
    let passes = 0;
    const iteratorAt = (pass: number) => ({ next: this.nextOf(reader, pass) });
    const read = (source: RowDataset): RowDataset => {
      this.source ??= source;
      return {
        ...(source.size !== undefined && { size: source.size }),
        iterator: () => iteratorAt(passes++),
        ...(source.iteratorAt && { iteratorAt }),
        ...(source.about && { about: source.about }),
      };
    };
    return { read, leave: () => this.leave(reader) };
  }

  private nextOf(reader: Reader, pass: number): RowIterator['next'] {
    let batch = 0;
    return async () => {
      if (this.current === reader && reader.isServed) this.give(this.after(reader));
      if (this.current !== reader) await reader.turn();
      reader.isServed = true;
      const { next } = await this.roundOf(pass, batch++);
      return next.done ? next : { ...next, value: copyOf(next.value) };
    };
  }

  /** Returns the batch with this number, and reads it if no reader has requested it before. */
  private async roundOf(pass: number, batch: number): Promise<Round> {
    if (this.round?.pass === pass && this.round.batch === batch) return this.round;
    this.dispose();
    const source = this.source as RowDataset;
    const iterator =
      this.iterators.get(pass) ??
      (await (source.iteratorAt?.(pass, 0) ?? iteratorOf(this.where, source)));
    this.iterators.clear();
    this.iterators.set(pass, iterator);
    const next = (await iterator.next()) ?? { done: true, value: null };
    this.round = { pass, batch, next };
    return this.round;
  }

  /** Disposes the batch that is held. */
  dispose(): void {
    tf.dispose((this.round?.next.value ?? []) as tf.TensorContainer);
    this.round = undefined;
  }

  private after(reader: Reader): Reader | undefined {
    return this.readers[(this.readers.indexOf(reader) + 1) % this.readers.length];
  }

  /** Gives a reader its turn. */
  private give(reader: Reader | undefined): void {
    this.current = reader;
    if (reader) reader.isServed = false;
    reader?.wake();
  }

  private leave(reader: Reader): void {
    const next = this.after(reader);
    this.readers.splice(this.readers.indexOf(reader), 1);
    if (this.current === reader) this.give(next === reader ? undefined : next);
  }
}

/** A reader, and whether it is waiting. */
class Reader {
  /** Whether it has received the batch of its turn. */
  isServed = false;
  private resolve: (() => void) | undefined;

  /** Resolves when it is its turn. */
  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.resolve = resolve;
    });
  }

  wake(): void {
    this.resolve?.();
    this.resolve = undefined;
  }
}

/** Returns an element with separate tensors of the same values, without copying. */
function copyOf(element: unknown): unknown {
  if (element instanceof tf.Tensor) return element.isDisposed ? element : tf.clone(element);
  if (typeof element !== 'object' || element === null || Array.isArray(element)) return element;
  const copies = new Map<unknown, unknown>();
  const once = (value: unknown) => {
    if (!copies.has(value)) copies.set(value, value instanceof tf.Tensor ? copyOf(value) : value);
    return copies.get(value);
  };
  return Object.fromEntries(Object.entries(element).map(([name, value]) => [name, once(value)]));
}
