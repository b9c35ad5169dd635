import type {
  Example,
  FeatureEntry,
  FeatureReport,
  ImageShape,
  ReportData,
} from '../../analysis/featureReport/report';
import { bytesOf } from '../../bytes';
import { badReport, wrongReportKind } from '../../errors';
import { checkReport } from '../checkReport';
import { decoderRow } from '../decoderRow';
import { type HeatPixels, heatPixels } from './heatMap';
import { decoderPixels, imagePixels, type Pixels } from './tile';

/** A report on images or on positions in them, which has been looked at: its pictures can be taken out. */
export class ImageReport {
  readonly shape: ImageShape;
  /** Of the maps of where features fire on images; undefined where it is not told, or all one place. */
  readonly mapShape: readonly [number, number] | undefined;
  readonly classNames: readonly string[] | undefined;
  private readonly pixelCount: number;

  /**
   * @param kinds of rows that will do
   * @throws SAE_DATA for what is no report, or one on other rows.
   */
  constructor(
    private readonly where: string,
    private readonly report: FeatureReport,
    kinds: readonly ReportData['kind'][] = ['image'],
  ) {
    checkReport(where, report);
    const { data } = report;
    if (!kinds.includes(data.kind)) throw wrongReportKind(where, 'image', data.kind);
    const { imageShape: shape, mapShape = [1, 1] } = data;
    if (shape === undefined) throw badReport(where, 'data.imageShape of images', shape);
    this.shape = shape;
    this.mapShape = mapShape[0] * mapShape[1] > 1 ? mapShape : undefined;
    this.classNames = data.classNames;
    this.pixelCount = shape.reduce((a: number, b) => a * b, 1);
  }

  /** Whether rows are images, so that decoder rows are some as well. */
  get hasDirections(): boolean {
    return this.report.data.kind === 'image';
  }

  /** Features that fire, by mean activation, the largest first; of equal ones the last, as in Python. */
  byMean(): FeatureEntry[] {
    return this.report.features
      .filter(({ density }) => density > 0)
      .sort((a, b) => b.mean - a.mean || b.feature - a.feature);
  }

  /** A feature's entry; undefined where the report is not about it. */
  entry(feature: number): FeatureEntry | undefined {
    return this.report.features.find((entry) => entry.feature === feature);
  }

  /** Images on which a feature fires. */
  firing({ density, images }: FeatureEntry): number {
    return images ?? Math.round(density * this.report.data.rows);
  }

  /** Why there is nothing to show. */
  get emptiness(): string {
    const { features, data } = this.report;
    if (features.length === 0) return 'The report is about no feature.';
    return `No feature fires on the report's ${data.rows} row${data.rows === 1 ? '' : 's'}.`;
  }

  /** A feature's decoder direction. */
  decoder({ feature, decoder }: FeatureEntry, limit: number): Pixels {
    const weights = decoder === undefined ? undefined : decoderRow(decoder);
    if (weights?.length !== this.pixelCount) {
      const what = `the decoder row of feature ${feature} with ${this.pixelCount} weights`;
      throw badReport(this.where, what, weights === undefined ? decoder : weights.length);
    }
    return decoderPixels(weights, this.shape, limit);
  }

  /** The image of an example. */
  image({ row, image: number }: Example): Pixels {
    const { rows, images = {} } = this.report;
    const image = number === undefined ? ownOf(rows, row)?.image : ownOf<string>(images, number);
    const bytes = image === undefined ? undefined : bytesOf(image);
    if (bytes?.length !== this.pixelCount) {
      const what = `the image of row ${row} with ${this.pixelCount} bytes`;
      throw badReport(this.where, what, bytes === undefined ? image : bytes.length);
    }
    return imagePixels(bytes, this.shape);
  }

  /** Where on its image a feature fires; undefined where that is not told. */
  heat({ max }: FeatureEntry, { activations }: Example): HeatPixels | undefined {
    if (this.mapShape === undefined || activations === undefined) return undefined;
    return heatPixels(activations, max);
  }
}

/** What a record has itself. */
const ownOf = <T>(record: Readonly<Record<string, T>>, key: number): T | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;
