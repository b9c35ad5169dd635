import type { TokenWindow } from './report';

/** The tokens of documents, one a row, and which of them stand around a row. */
export class Documents {
  /** All tokens of all documents. */
  readonly rows: number;
  /** By document, the row after its last one. */
  private readonly ends: Uint32Array;

  constructor(
    private readonly tokens: readonly (readonly string[])[],
    /** Tokens on each side of a window. */
    readonly context: number,
  ) {
    let end = 0;
    this.ends = Uint32Array.from(tokens, (document) => {
      end += document.length;
      return end;
    });
    this.rows = end;
  }

  /** The rows around a row that are of its document: from `from` up to, but not with, `to`. */
  rowsAround(row: number): { from: number; to: number } {
    const document = this.documentOf(row);
    const start = this.ends[document - 1] ?? 0;
    const end = this.ends[document] as number;
    return {
      from: Math.max(start, row - this.context),
      to: Math.min(end, row + this.context + 1),
    };
  }

  window(row: number): TokenWindow {
    const document = this.documentOf(row);
    const start = this.ends[document - 1] ?? 0;
    const { from, to } = this.rowsAround(row);
    const tokens = (this.tokens[document] as readonly string[]).slice(from - start, to - start);
    return { document, position: row - start, tokens, focus: row - from };
  }

  private documentOf(row: number): number {
    let low = 0;
    let high = this.ends.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.ends[middle] as number) > row) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
