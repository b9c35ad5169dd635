import { joinCodes, type SparseCodes, sliceCodes } from '../../kernels/sparseCodes';

/** The codes of some rows that follow one another, and of some before and after them. */
export interface CodeSpan {
  readonly codes: SparseCodes;
  /** The number of the codes' first row among all rows. */
  readonly first: number;
  /** The rows of `codes` that it is about: from `from` up to, but not with, `to`. */
  readonly from: number;
  readonly to: number;
}

const rowCount = ({ rowOffsets }: SparseCodes) => rowOffsets.length - 1;

/**
 * Batches of codes as spans that overlap: a row comes in one span once, with `context` rows on
 * either side, as far as there are any.
 */
export class OverlappingSpans {
  private held: SparseCodes | undefined;
  /** The number of the first row in `held`. */
  private first = 0;
  /** Rows in `held` that have had their turn. */
  private done = 0;

  constructor(private readonly context: number) {}

  /** The rows that have all their context now. */
  next(batch: SparseCodes): CodeSpan {
    const codes = this.held ? joinCodes([this.held, batch]) : batch;
    const { first, done: from } = this;
    const to = Math.max(from, rowCount(codes) - this.context);
    const kept = Math.max(0, to - this.context);
    this.held = this.context > 0 ? sliceCodes(codes, kept, rowCount(codes)) : undefined;
    this.first = first + (this.held ? kept : rowCount(codes));
    this.done = this.held ? to - kept : 0;
    return { codes, first, from, to };
  }

  /** What is left when no batch follows. */
  last(): CodeSpan | undefined {
    const { held: codes, first, done: from } = this;
    return codes && { codes, first, from, to: rowCount(codes) };
  }
}
