import * as tf from '@tensorflow/tfjs-core';
import type { RowDataset, RowOrigin, RowsAbout } from '../../activations/rows';
import { type CapturedRows, type PositionArgs, rowsOf } from './positions';
import type { SharedPass } from './sharedPass';

/** One batch of hidden rows. */
export interface HiddenBatch {
  /** `[rows, width]`; the caller disposes it. */
  readonly xs: tf.Tensor2D;
  /** The example and position of each row. */
  readonly origin: RowOrigin;
}

/** One pass over hidden rows. */
export interface HiddenIterator {
  /** Returns the next batch, or `done`; the caller disposes its rows. */
  next(): Promise<IteratorResult<HiddenBatch, null>>;
}

/** The source of hidden rows. */
export interface Capture {
  readonly where: string;
  /** Number of batches in a pass, if known. */
  readonly size: number | null;
  /** Joins the other readers' pass if it has only just begun, or begins a new one. */
  join(layer: string): SharedPass;
  /** Begins a separate pass for this reader, from a given batch. */
  alone(layer: string, from: number): SharedPass;
}

/**
 * The activations of a hidden layer as rows, captured anew in each pass: a dataset for
 * `fitDataset`, `evaluateSAE`, `featureReport` and `writeActivations`.
 */
export class HiddenRows implements RowDataset {
  constructor(
    private readonly capture: Capture,
    /** The name of the layer. */
    readonly layer: string,
    private readonly positions: PositionArgs,
    private readonly rowsPerBatch: number | undefined,
  ) {}

  /** The source of the rows, which a dictionary trained on them records. */
  get about(): RowsAbout {
    return { layer: this.layer };
  }

  /** Number of batches in one pass, if known. */
  get size(): number | null {
    return this.rowsPerBatch === undefined ? this.capture.size : null;
  }

  /** Begins a new pass over the data. */
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

/** Regroups rows into batches of one size; the last batch may be smaller. */
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
