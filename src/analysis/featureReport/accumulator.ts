import type { RowOrigin } from '../../activations/rows';
import { notEnoughMemory, partOfImage } from '../../errors';
import type { SparseCodes } from '../../kernels/sparseCodes';
import type { AboutRows } from './aboutRows';
import { ClassCounts } from './classCounts';
import { Coactivity } from './coactivity';
import { type CodeSpan, OverlappingSpans } from './codeSpan';
import { checkOrigin, type Place, placeAt } from './contexts';
import { type Contents, ExampleLists, type FoundExample } from './exampleLists';
import { ExampleTally } from './exampleTally';
import { Histograms } from './histograms';
import { ImageRows } from './imageRows';
import { IntervalExamples } from './intervalExamples';
import { checkEqual, checkNotMore, type RowCounts } from './rowCounts';
import { Tally } from './tally';

/** How much is collected. */
export interface Extent {
  readonly topExamples: number;
  readonly intervalExamples: number;
  /** Whether to collect which features fire together. */
  readonly coactive: boolean;
}

/**
 * What is learnt from rows' codes, a batch at a time, whatever their source. Its memory depends on
 * the number of features and on what is collected, not on the number of rows.
 */
export class Accumulator {
  readonly tally: Tally;
  readonly histograms: Histograms;
  readonly classes: ClassCounts | undefined;
  /** The contents of rows that are images. */
  readonly images: ImageRows | undefined;
  /** Present if several rows come from one image. */
  readonly perImage: ExampleTally | undefined;
  readonly top: TopExamples;
  readonly intervals: IntervalExamples;
  readonly coactivity: Coactivity | undefined;
  private readonly spans: OverlappingSpans;
  /** The origin of the last row. */
  private lastPlace: Place | undefined;
  private isOriginTold = false;

  constructor(
    private readonly where: string,
    features: number,
    readonly about: AboutRows,
    extent: Extent,
  ) {
    const { classes, maps, contexts } = about;
    this.tally = new Tally(where, features);
    this.histograms = new Histograms(features);
    this.classes = classes && new ClassCounts(features);
    this.images = about.images && !maps ? new ImageRows(about.images) : undefined;
    this.perImage = maps && new ExampleTally(features);
    const contents = { images: this.images, contexts };
    this.top = new TopExamples(features, extent.topExamples, contents);
    this.intervals = new IntervalExamples(features, extent.intervalExamples, contents);
    this.coactivity = extent.coactive ? new Coactivity(features) : undefined;
    this.spans = new OverlappingSpans(contexts);
  }

  /**
   * Creates an accumulator for a number of features.
   *
   * @throws SAE_OPTION if memory does not suffice.
   */
  static withRoom(where: string, features: number, about: AboutRows, extent: Extent): Accumulator {
    try {
      return new Accumulator(where, features, about, extent);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw notEnoughMemory(where, error, 'features or examples');
    }
  }

  /** The number of rows so far. */
  get rows(): number {
    return this.tally.rows;
  }

  /**
   * Adds rows.
   *
   * @param values the rows, `[rows, width]`, flat; only used for images
   * @param told their origin, if given
   * @throws SAE_DATA for more rows than labels or tokens, or rows of an unknown position;
   *   SAE_NOT_FINITE for codes that are not finite.
   */
  add(codes: SparseCodes, values: Float32Array | undefined, told?: RowOrigin): void {
    const first = this.rows;
    const rows = codes.rowOffsets.length - 1;
    this.isOriginTold = told !== undefined;
    checkNotMore(this.where, this.counts, first + rows);
    const origin = this.originOf(told, first, rows);
    this.tally.add(codes);
    this.histograms.add(codes);
    this.addClasses(codes, first, origin);
    this.coactivity?.add(codes, first);
    if (values) this.images?.next(values, first);
    this.addExamples(this.spans.next(codes, origin));
  }

  /**
   * Finishes: there are no more rows.
   *
   * @throws SAE_DATA for more labels or tokens than rows, or an incomplete image.
   */
  end(): void {
    checkEqual(this.where, this.counts, this.rows);
    const { maps } = this.about;
    if (maps && !this.isOriginTold && this.rows % maps.width !== 0) {
      throw partOfImage(this.where, maps.width, this.rows);
    }
    const rest = this.spans.last();
    if (rest) this.addExamples(rest);
  }

  /** The data that has one entry per row: tokens only if rows have no origin. */
  private get counts(): RowCounts {
    const { labels, tokens } = this.about.counts;
    return this.isOriginTold ? { labels } : { labels, tokens };
  }

  /** Returns the origin of rows, if they are shown among others. */
  private originOf(told: RowOrigin | undefined, first: number, rows: number) {
    const { contexts } = this.about;
    if (contexts === undefined) return undefined;
    const origin = told ?? contexts.originOf(first, rows);
    checkOrigin(this.where, contexts, origin, [first, rows], this.lastPlace);
    if (rows > 0) this.lastPlace = placeAt(origin, rows - 1);
    return origin;
  }

  /** Counts classes: of rows, or of images, each of which counts once per feature. */
  private addClasses(codes: SparseCodes, first: number, origin: RowOrigin | undefined): void {
    const { classes, maps } = this.about;
    const counted = origin && this.perImage?.firsts(codes, origin.examples);
    if (classes === undefined) return;
    const { labels } = classes;
    this.classes?.add(
      counted ?? codes,
      (row) => labels[maps && origin ? placeAt(origin, row).example : first + row] as number,
    );
  }

  private addExamples(span: CodeSpan): void {
    this.top.add(span);
    this.intervals.add(span);
  }
}

/** The rows that activate each feature most; the later ones among equals. */
export class TopExamples {
  private readonly lists: ExampleLists;

  /** @param length the number of rows per feature */
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

  /** Returns a feature's examples, strongest first. */
  of(feature: number): FoundExample[] {
    return this.lists.of(feature);
  }
}
