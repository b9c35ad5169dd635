import { notEnoughMemory } from '../../errors';
import type { SparseCodes } from '../../kernels/sparseCodes';
import type { AboutRows } from './aboutRows';
import { ClassCounts } from './classCounts';
import { Coactivity } from './coactivity';
import { type CodeSpan, OverlappingSpans } from './codeSpan';
import { type Contents, ExampleLists, type FoundExample } from './exampleLists';
import { Histograms } from './histograms';
import { ImageRows } from './imageRows';
import { IntervalExamples } from './intervalExamples';
import { checkEqual, checkNotMore } from './rowCounts';
import { Tally } from './tally';

/** How much is gathered. */
export interface Extent {
  readonly topExamples: number;
  readonly intervalExamples: number;
  /** Whether it is gathered which features fire together. */
  readonly coactive: boolean;
}

/**
 * What is learnt from rows' codes as they pass by, a batch at a time, whoever has made them. Its
 * memory depends on the number of features and on what is gathered, not on the number of rows.
 */
export class Accumulator {
  readonly tally: Tally;
  readonly histograms: Histograms;
  readonly classes: ClassCounts | undefined;
  readonly images: ImageRows | undefined;
  readonly top: TopExamples;
  readonly intervals: IntervalExamples;
  readonly coactivity: Coactivity | undefined;
  private readonly spans: OverlappingSpans;

  constructor(
    private readonly where: string,
    features: number,
    readonly about: AboutRows,
    extent: Extent,
  ) {
    const { classes, documents } = about;
    this.tally = new Tally(where, features);
    this.histograms = new Histograms(features);
    this.classes = classes && new ClassCounts(features, classes.labels);
    this.images = about.images && new ImageRows(about.images);
    const contents = { images: this.images, documents };
    this.top = new TopExamples(features, extent.topExamples, contents);
    this.intervals = new IntervalExamples(features, extent.intervalExamples, contents);
    this.coactivity = extent.coactive ? new Coactivity(features) : undefined;
    this.spans = new OverlappingSpans(documents?.context ?? 0);
  }

  /**
   * An accumulator for so many features.
   *
   * @throws SAE_OPTION where memory does not suffice.
   */
  static withRoom(where: string, features: number, about: AboutRows, extent: Extent): Accumulator {
    try {
      return new Accumulator(where, features, about, extent);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw notEnoughMemory(where, error, 'features or examples');
    }
  }

  /** Rows so far. */
  get rows(): number {
    return this.tally.rows;
  }

  /**
   * The next rows.
   *
   * @param values what is in them, `[rows, width]`, flat; only images are looked at
   * @throws SAE_DATA for more rows than labels or tokens; SAE_NOT_FINITE for codes that are not.
   */
  add(codes: SparseCodes, values: Float32Array | undefined): void {
    const first = this.rows;
    checkNotMore(this.where, this.about.counts, first + codes.rowOffsets.length - 1);
    this.tally.add(codes);
    this.histograms.add(codes);
    this.classes?.add(codes, first);
    this.coactivity?.add(codes, first);
    if (values) this.images?.next(values, first);
    this.addExamples(this.spans.next(codes));
  }

  /**
   * There are no more rows.
   *
   * @throws SAE_DATA for more labels or tokens than rows.
   */
  end(): void {
    checkEqual(this.where, this.about.counts, this.rows);
    const rest = this.spans.last();
    if (rest) this.addExamples(rest);
  }

  private addExamples(span: CodeSpan): void {
    this.top.add(span);
    this.intervals.add(span);
  }
}

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
