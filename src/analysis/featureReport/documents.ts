import type { RowOrigin } from '../../activations/rows';
import type { Contexts } from './contexts';
import type { TokenWindow } from './report';

/** The tokens of documents, each of which may be a row, and which of them are shown with a row. */
export class Documents implements Contexts {
  /** The number of tokens in all documents. */
  readonly rows: number;
  readonly width: number;
  readonly isWhole = false;
  readonly expected: string;
  /** For each document, the number of the token after its last one, among all tokens. */
  private readonly ends: Uint32Array;

  constructor(
    private readonly tokens: readonly (readonly string[])[],
    /** Tokens on each side of a window. */
    private readonly context: number,
  ) {
    let end = 0;
    this.ends = Uint32Array.from(tokens, (document) => {
      end += document.length;
      return end;
    });
    this.rows = end;
    this.width = 2 * context + 1;
    this.expected = `example and position of a token in one of ${tokens.length} documents`;
  }

  has(document: number, position: number): boolean {
    return position >= 0 && position < (this.tokens[document]?.length ?? 0);
  }

  around(document: number, position: number): { from: number; to: number } {
    const { length } = this.tokens[document] as readonly string[];
    return {
      from: Math.max(0, position - this.context),
      to: Math.min(length, position + this.context + 1),
    };
  }

  originOf(first: number, rows: number): RowOrigin {
    const examples = new Int32Array(rows);
    const positions = new Int32Array(rows);
    for (let i = 0, document = this.documentOf(first); i < rows; i++) {
      while ((this.ends[document] as number) <= first + i) document += 1;
      examples[i] = document;
      positions[i] = first + i - (this.ends[document - 1] ?? 0);
    }
    return { examples, positions };
  }

  window(document: number, position: number): TokenWindow {
    const { from, to } = this.around(document, position);
    const tokens = (this.tokens[document] as readonly string[]).slice(from, to);
    return { document, position, tokens, focus: position - from };
  }

  /** Returns the document of a token. */
  private documentOf(token: number): number {
    let low = 0;
    let high = this.ends.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.ends[middle] as number) > token) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
