import { BestLists } from './bestLists';
import type { CodeSpan } from './codeSpan';
import type { Documents } from './documents';
import type { ImageRows } from './imageRows';
import { WindowActivations } from './windowActivations';

/** Where the contents of examples come from; neither, where rows are plain vectors. */
export interface Contents {
  readonly images?: ImageRows | undefined;
  readonly documents?: Documents | undefined;
}

/** A row that is an example of a feature. */
export interface FoundExample {
  readonly row: number;
  readonly activation: number;
  /** On the tokens around it. */
  readonly activations?: readonly number[];
}

/** Lists of rows that are examples of features, and what is to be shown of each. */
export class ExampleLists {
  /** By list, the score that a row must not be below. */
  readonly floors: Float64Array;
  private readonly lists: BestLists;
  private readonly activations: Float32Array;
  private readonly windows: WindowActivations | undefined;
  private readonly images: ImageRows | undefined;

  constructor(lists: number, length: number, { images, documents }: Contents) {
    this.lists = new BestLists(lists, length);
    this.floors = this.lists.floors;
    this.activations = new Float32Array(lists * length);
    this.windows = documents && new WindowActivations(documents, length);
    this.images = images;
  }

  /** Takes in what the code at `index` of a span is: a row on which a feature fires. */
  take(list: number, score: number, span: CodeSpan, row: number, index: number): void {
    const { codes, first } = span;
    const lost = this.lists.last(list);
    const place = this.lists.take(list, score, first + row);
    this.activations[place] = codes.values[index] as number;
    this.windows?.note(place, span, row, codes.indices[index] as number);
    this.images?.keep(first + row);
    if (lost !== undefined) this.images?.release(lost);
  }

  clear(list: number): void {
    if (this.images) for (const { id } of this.lists.entries(list)) this.images.release(id);
    this.lists.clear(list);
  }

  /** A list's examples, the highest score first. */
  of(list: number): FoundExample[] {
    return this.lists.entries(list).map(({ id: row, place }) => {
      const activation = this.activations[place] as number;
      if (!this.windows) return { row, activation };
      return { row, activation, activations: this.windows.of(place, row) };
    });
  }
}
