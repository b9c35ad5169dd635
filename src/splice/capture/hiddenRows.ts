import * as tf from '@tensorflow/tfjs-core';
import type { RowDataset, RowOrigin } from '../../activations/rows';
import { type CapturedRows, type PositionArgs, rowsOf } from './positions';
import type { SharedPass } from './sharedPass';

/** One batch of hidden rows. */
export interface HiddenBatch {
  /** `[rows, width]`; whoever takes it disposes it. */
  readonly xs: tf.Tensor2D;
  /** Which examples and positions they are of. */
  readonly origin: RowOrigin;
}

/** One pass over hidden rows. */
export interface HiddenIterator {
  /** The next batch, or `done`; its rows are then the caller's to dispose. */
  next(): Promise<IteratorResult<HiddenBatch, null>>;
}

/** What hidden rows are captured by. */
export interface Capture {
  readonly where: string;
  /** Batches of a pass, where it is known. */
  readonly size: number | null;
  /** A pass that this reader may join: a new one, or that of the others, which has only begun. */
  join(layer: string): SharedPass;
  /** A pass of this reader's own, from a batch on. */
  alone(layer: string, from: number): SharedPass;
}

/**
 * The activations of a hidden layer as rows, captured anew in each pass: a dataset that `fitDataset`,
 * `evaluateSAE`, `featureReport` and `writeActivations` read.
 */
export class HiddenRows implements RowDataset {
  constructor(
    private readonly capture: Capture,
    /** The layer that they are of. */
    readonly layer: string,
    private readonly positions: PositionArgs,
    private readonly rowsPerBatch: number | undefined,
  ) {}

  /** Number of batches in one pass, where it is known. */
  get size(): number | null {
    return this.rowsPerBatch === undefined ? this.capture.size : null;
  }

  /** A new pass over the data. */
  iterator(): HiddenIterator {
    const batches = this.captured();
    const all = this.rowsPerBatch === undefined ? batches : regrouped(batches, this.rowsPerBatch);
    return {
      next: async () => {
        const { value, done } = await all.next();
        return done ? { value: null, done: true } : { value, done: false };
      },
    };
  }

  private async *captured(): AsyncGenerator<CapturedRows, void> {
    const { where } = this.capture;
    let pass = this.capture.join(this.layer);
    for (let number = 0; ; number++) {
      const take = () =>
        pass.use(number, this.layer, (hidden, batch) =>
          rowsOf(where, hidden, batch, this.positions),
        );
      let found = await take();
      if (found === 'gone') {
        pass = this.capture.alone(this.layer, number);
        found = await take();
      }
      if (found === 'gone' || found === 'end') return;
      if (found.value !== undefined) yield found.value;
    }
  }
}

/** The same rows in batches of one size; what is left at the end is a smaller one. */
async function* regrouped(
  batches: AsyncGenerator<CapturedRows, void>,
  size: number,
): AsyncGenerator<CapturedRows, void> {
  let held: CapturedRows | undefined;
  for await (const batch of batches) {
    held = held === undefined ? batch : joined(held, batch);
    while (held !== undefined && held.xs.shape[0] >= size) {
      const rows: number = held.xs.shape[0];
      const whole: CapturedRows = held;
      held = rows === size ? undefined : part(whole, size, rows);
      const first = rows === size ? whole : part(whole, 0, size);
      if (rows !== size) whole.xs.dispose();
      yield first;
    }
  }
  if (held !== undefined) yield held;
}

function joined(a: CapturedRows, b: CapturedRows): CapturedRows {
  const xs = tf.concat2d([a.xs, b.xs], 0);
  tf.dispose([a.xs, b.xs]);
  const both = (name: keyof RowOrigin) => Int32Array.from([...a.origin[name], ...b.origin[name]]);
  return { xs, origin: { examples: both('examples'), positions: both('positions') } };
}

function part({ xs, origin }: CapturedRows, from: number, to: number): CapturedRows {
  return {
    xs: tf.slice(xs, from, to - from),
    origin: {
      examples: origin.examples.slice(from, to),
      positions: origin.positions.slice(from, to),
    },
  };
}
