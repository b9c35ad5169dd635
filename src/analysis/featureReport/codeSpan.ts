import type { RowOrigin } from '../../activations/rows';
import { joinCodes, type SparseCodes, sliceCodes } from '../../kernels/sparseCodes';
import { type Contexts, joinOrigins, placeAt, sliceOrigin } from './contexts';

/** The codes of consecutive rows, with some before and after them. */
export interface CodeSpan {
  readonly codes: SparseCodes;
  /** The origin of the codes' rows, if they are shown among others. */
  readonly origin?: RowOrigin | undefined;
  /** The number of the codes' first row among all rows. */
  readonly first: number;
  /** The rows of `codes` that belong to the span: from `from` up to, but excluding, `to`. */
  readonly from: number;
  readonly to: number;
}

const rowCount = ({ rowOffsets }: SparseCodes) => rowOffsets.length - 1;

/**
 * Splits batches of codes into overlapping spans: each row belongs to one span, which includes all
 * rows that are shown with it.
 */
export class OverlappingSpans {
  private held: { readonly codes: SparseCodes; readonly origin: RowOrigin } | undefined;
  /** The number of the first row that is held or comes next. */
  private first = 0;
  /** The number of rows in `held` that are done. */
  private done = 0;

  constructor(private readonly contexts: Contexts | undefined) {}

  /** Returns the rows whose context is now complete. */
  next(batch: SparseCodes, batchOrigin: RowOrigin | undefined): CodeSpan {
    const { contexts, held, first, done: from } = this;
    if (contexts === undefined || batchOrigin === undefined) {
      this.first += rowCount(batch);
      return { codes: batch, first, from: 0, to: rowCount(batch) };
    }
    const codes = held ? joinCodes([held.codes, batch]) : batch;
    const origin = held ? joinOrigins(held.origin, batchOrigin) : batchOrigin;
    const rows = rowCount(codes);
    const to = firstUnfinished(contexts, origin, from);
    const kept = firstAround(contexts, origin, to);
    this.held = { codes: sliceCodes(codes, kept, rows), origin: sliceOrigin(origin, kept, rows) };
    this.first = first + kept;
    this.done = to - kept;
    return { codes, origin, first, from, to };
  }

  /** Returns the remaining rows when no batch follows. */
  last(): CodeSpan | undefined {
    const { held, first, done: from } = this;
    return held && { ...held, first, from, to: rowCount(held.codes) };
  }
}

/** Returns the first row that may be shown with rows that have not arrived yet. */
function firstUnfinished(contexts: Contexts, origin: RowOrigin, from: number): number {
  let to = origin.examples.length;
  if (to === 0) return to;
  const last = placeAt(origin, to - 1);
  for (; to > from; to--) {
    const { example, position } = placeAt(origin, to - 1);
    const isOver = contexts.around(example, position).to <= last.position + 1;
    if (example !== last.example || isOver) break;
  }
  return to;
}

/** Returns the first of the rows that are shown with a row; the row itself if there is none yet. */
function firstAround(contexts: Contexts, origin: RowOrigin, row: number): number {
  if (row === origin.examples.length) return row;
  const { example, position } = placeAt(origin, row);
  const { from } = contexts.around(example, position);
  let first = row;
  for (; first > 0; first--) {
    const before = placeAt(origin, first - 1);
    if (before.example !== example || before.position < from) break;
  }
  return first;
}
