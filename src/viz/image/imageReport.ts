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

/** A checked report on images or on positions in them, with access to its pictures. */
export class ImageReport {
  readonly shape: ImageShape;
  /**
   * The shape of the maps of where features fire on images; undefined if unknown, or a single
   * place.
   */
  readonly mapShape: readonly [number, number] | undefined;
  readonly classNames: readonly string[] | undefined;
  private readonly pixelCount: number;

  /**
   * @param kinds the accepted kinds of rows
   * @throws SAE_DATA if it is not a report, or is one on other rows.
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

  /** Whether rows are images, so that decoder rows are images as well. */
  get hasDirections(): boolean {
    return this.report.data.kind === 'image';
  }

  /**
   * Returns features that fire, by mean activation, largest first; the last among equals, as in
   * Python.
   */
  byMean(): FeatureEntry[] {
    return this.report.features
      .filter(({ density }) => density > 0)
      .sort((a, b) => b.mean - a.mean || b.feature - a.feature);
  }

  /** Returns a feature's entry; undefined if the report does not include it. */
  entry(feature: number): FeatureEntry | undefined {
    return this.report.features.find((entry) => entry.feature === feature);
  }

  /** Returns the number of images on which a feature fires. */
  firing({ density, images }: FeatureEntry): number {
    return images ?? Math.round(density * this.report.data.rows);
  }

  /** Why there is nothing to show. */
  get emptiness(): string {
    const { features, data } = this.report;
    if (features.length === 0) return 'The report is about no feature.';
    return `No feature fires on the report's ${data.rows} row${data.rows === 1 ? '' : 's'}.`;
  }

  /** Returns a feature's decoder direction. */
  decoder({ feature, decoder }: FeatureEntry, limit: number): Pixels {
    const weights = decoder === undefined ? undefined : decoderRow(decoder);
    if (weights?.length !== this.pixelCount) {
      const what = `the decoder row of feature ${feature} with ${this.pixelCount} weights`;
      throw badReport(this.where, what, weights === undefined ? decoder : weights.length);
    }
    return decoderPixels(weights, this.shape, limit);
  }

  /** Returns the image of an example. */
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

  /** Returns where on its image a feature fires; undefined if unknown. */
  heat({ max }: FeatureEntry, { activations }: Example): HeatPixels | undefined {
    if (this.mapShape === undefined || activations === undefined) return undefined;
    return heatPixels(activations, max);
  }
}

/** Returns a record's own value, ignoring its prototype. */
const ownOf = <T>(record: Readonly<Record<string, T>>, key: number): T | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;
