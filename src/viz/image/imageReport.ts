import type {
  Example,
  FeatureEntry,
  FeatureReport,
  ImageShape,
} from '../../analysis/featureReport/report';
import { bytesOf } from '../../bytes';
import { badReport, wrongReportKind } from '../../errors';
import { checkReport } from '../checkReport';
import { decoderRow } from '../decoderRow';
import { decoderPixels, imagePixels, type Pixels } from './tile';

/** A report on images, which has been looked at: its pictures can be taken out. */
export class ImageReport {
  readonly shape: ImageShape;
  readonly classNames: readonly string[] | undefined;
  private readonly pixelCount: number;

  /** @throws SAE_DATA for what is no report, or one on other rows than images. */
  constructor(
    private readonly where: string,
    private readonly report: FeatureReport,
  ) {
    checkReport(where, report);
    const { data } = report;
    if (data.kind !== 'image') throw wrongReportKind(where, 'image', data.kind);
    const { imageShape: shape } = data;
    if (shape === undefined) throw badReport(where, 'data.imageShape of images', shape);
    this.shape = shape;
    this.classNames = data.classNames;
    this.pixelCount = shape.reduce((a: number, b) => a * b, 1);
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

  /** Rows on which a feature fires. */
  firing({ density }: FeatureEntry): number {
    return Math.round(density * this.report.data.rows);
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
  image({ row }: Example): Pixels {
    const image = Object.hasOwn(this.report.rows, row) ? this.report.rows[row]?.image : undefined;
    const bytes = image === undefined ? undefined : bytesOf(image);
    if (bytes?.length !== this.pixelCount) {
      const what = `the image of row ${row} with ${this.pixelCount} bytes`;
      throw badReport(this.where, what, bytes === undefined ? image : bytes.length);
    }
    return imagePixels(bytes, this.shape);
  }
}
