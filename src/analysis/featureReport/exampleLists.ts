import { BestLists } from './bestLists';
import type { CodeSpan } from './codeSpan';
import { ContextActivations } from './contextActivations';
import { type Contexts, type Place, placeAt } from './contexts';
import type { ImageRows } from './imageRows';

/** The sources of examples' contents; neither is present if rows are plain vectors. */
export interface Contents {
  readonly images?: ImageRows | undefined;
  readonly contexts?: Contexts | undefined;
}

/** A row that is an example of a feature. */
export interface FoundExample {
  readonly row: number;
  readonly activation: number;
  /** Its origin, if it is shown among others. */
  readonly place?: Place;
  /** The activations on the positions around it. */
  readonly activations?: readonly (number | null)[];
}

/** Lists of rows that are examples of features, with what is shown of each. */
export class ExampleLists {
  /** The score of each list that a row must reach. */
  readonly floors: Float64Array;
  private readonly lists: BestLists;
  private readonly activations: Float32Array;
  private readonly around: ContextActivations | undefined;
  private readonly images: ImageRows | undefined;
  private readonly contexts: Contexts | undefined;
  /** The examples that the rows come from. */
  private readonly examples: Int32Array;
  private readonly positions: Int32Array;

  constructor(lists: number, length: number, { images, contexts }: Contents) {
    this.lists = new BestLists(lists, length);
    this.floors = this.lists.floors;
    this.activations = new Float32Array(lists * length);
    this.around = contexts && new ContextActivations(contexts, length);
    this.images = images;
    this.contexts = contexts;
    this.examples = new Int32Array(contexts ? lists * length : 0);
    this.positions = new Int32Array(contexts ? lists * length : 0);
  }

  /** Adds the code at `index` of a span: a row on which a feature fires. */
  take(list: number, score: number, span: CodeSpan, row: number, index: number): void {
    const { codes, first, origin } = span;
    const known = this.sameExample(list, span, row);
    if (known !== undefined && known.score > score) return;
    const lost = known?.id ?? this.lists.last(list);
    const place = this.lists.take(list, score, first + row, known?.order);
    this.activations[place] = codes.values[index] as number;
    if (origin !== undefined) {
      this.examples[place] = origin.examples[row] as number;
      this.positions[place] = origin.positions[row] as number;
    }
    this.around?.note(place, span, row, codes.indices[index] as number);
    this.images?.keep(first + row);
    if (lost !== undefined) this.images?.release(lost);
  }

  clear(list: number): void {
    if (this.images) for (const { id } of this.lists.entries(list)) this.images.release(id);
    this.lists.clear(list);
  }

  /** Returns a list's examples, highest score first. */
  of(list: number): FoundExample[] {
    return this.lists.entries(list).map(({ id: row, place: at }) => {
      const activation = this.activations[at] as number;
      if (!this.around) return { row, activation };
      const place = placeAt({ examples: this.examples, positions: this.positions }, at);
      return { row, activation, place, activations: this.around.of(at, place) };
    });
  }

  /** Returns the entry that shows the same as a row would: one from the same example. */
  private sameExample(list: number, { origin }: CodeSpan, row: number) {
    if (!this.contexts?.isWhole) return undefined;
    const example = origin?.examples[row];
    return this.lists.find(list, (place) => this.examples[place] === example);
  }
}
