import type { CodeSpan } from './codeSpan';
import { type Contents, ExampleLists, type FoundExample } from './exampleLists';

/** The rows that activate each feature most; of equal ones the later. */
export class TopExamples {
  private readonly lists: ExampleLists;

  /** @param length rows of each feature */
  constructor(features: number, length: number, contents: Contents) {
    this.lists = new ExampleLists(features, length, contents);
  }

  add(span: CodeSpan): void {
    const { indices, values, rowOffsets } = span.codes;
    const { floors } = this.lists;
    for (let row = span.from; row < span.to; row++) {
      const end = rowOffsets[row + 1] as number;
      for (let i = rowOffsets[row] as number; i < end; i++) {
        const feature = indices[i] as number;
        const code = values[i] as number;
        // Most rows of most features end here.
        if (code >= (floors[feature] as number)) this.lists.take(feature, code, span, row, i);
      }
    }
  }

  /** A feature's examples, the strongest first. */
  of(feature: number): FoundExample[] {
    return this.lists.of(feature);
  }
}
