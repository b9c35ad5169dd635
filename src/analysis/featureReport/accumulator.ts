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
  /** What is in rows that are images. */
  readonly images: ImageRows | undefined;
  /** Where several rows are of one image. */
  readonly perImage: ExampleTally | undefined;
  readonly top: TopExamples;
  readonly intervals: IntervalExamples;
  readonly coactivity: Coactivity | undefined;
  private readonly spans: OverlappingSpans;
  /** Where the last row comes from. */
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
   * @param told where they come from, if they tell it
   * @throws SAE_DATA for more rows than labels or tokens, or rows of what there is not; SAE_NOT_FINITE for
   * codes that are not.
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
   * There are no more rows.
   *
   * @throws SAE_DATA for more labels or tokens than rows, or for a part of an image.
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

  /** Of what there is one for each row: of tokens only where rows do not tell which they are. */
  private get counts(): RowCounts {
    const { labels, tokens } = this.about.counts;
    return this.isOriginTold ? { labels } : { labels, tokens };
  }

  /** Where rows come from, where they are shown among others. */
  private originOf(told: RowOrigin | undefined, first: number, rows: number) {
    const { contexts } = this.about;
    if (contexts === undefined) return undefined;
    const origin = told ?? contexts.originOf(first, rows);
    checkOrigin(this.where, contexts, origin, [first, rows], this.lastPlace);
    if (rows > 0) this.lastPlace = placeAt(origin, rows - 1);
    return origin;
  }

  /** Counts classes: of rows, or of images, each of which counts once for a feature. */
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
