import { type Rows, rowBatches } from '../activations/rows';
import { aboutRows, checkImages } from '../analysis/featureReport/aboutRows';
import { type FeatureReportArgs, IMAGE_RANGE, REPORT_RULES } from '../analysis/featureReport/args';
import type { FeatureEntry, FeatureReport, ImageShape } from '../analysis/featureReport/report';
import { wrongOption } from '../errors';
import { STREAM_RULES } from '../models/args';
import { assertDictionary } from '../models/givenModel';
import type { SAEModel } from '../models/saeModel';
import { checkOptions, imageShape, type Rules } from '../options';
import {
  FEATURE_GALLERY_RULES,
  type FeatureGalleryArgs,
  type Tagging,
  taggedGallery,
} from '../viz/featureGallery';
import type { TagWords } from '../viz/featureRow';
import { className } from '../viz/featureTag';
import type { Figure } from '../viz/figure';
import { type Codes, codeBatches } from './codeBatches';
import { codesWithRows } from './codesWithRows';
import { galleryReport } from './galleryReport';

/** Options of {@link plotFeatureGallery}. */
export interface PlotFeatureGalleryArgs extends FeatureGalleryArgs {
  /** `[height, width]`, or `[height, width, 3]` for coloured images; `[28, 28]` by default. */
  imageShape?: ImageShape;
  /** The values shown as black and white; `[0, 1]` by default. */
  imageRange?: readonly [number, number];
}

const RULES: Rules<PlotFeatureGalleryArgs> = {
  ...FEATURE_GALLERY_RULES,
  imageShape: { ...imageShape, fallback: [28, 28] },
  imageRange: IMAGE_RANGE,
};
const CLASS_RULES = { labels: REPORT_RULES.labels, classNames: REPORT_RULES.classNames };

/**
 * Draws each feature's decoder direction next to the images that activate it most, and says whether
 * these are of one class: `plot_feature_gallery` of Python's gated-sae-tf. Images on which a
 * feature does not fire are not shown.
 *
 * MONO and POLY follow that package's rule: MONO if all images shown are of one class, however few
 * they are and whatever else the feature fires on. Noisy features are often MONO by this rule;
 * {@link drawFeatureGallery} is stricter.
 *
 * @param model the dictionary
 * @param codes `[..., features]`, dense or sparse, or a stream of batches of them, of which one
 *   batch is held at a time. A stream's tensors are disposed as they are read.
 * @param x the rows that the codes belong to, `[..., inputDim]`, or a dataset of them, in batches
 *   of any size
 * @param labels the class of each row, from 0 on
 * @param classNames the names of the classes, by label
 * @param args which features, how many images per feature, and their shape; every option has a
 *   default
 * @returns the picture; there is nothing to dispose.
 * @throws SAE_SHAPE or SAE_DATA for invalid codes or rows, or if their numbers differ;
 *   SAE_NOT_FINITE for NaN values; SAE_OPTION for an unknown option or a wrong value.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { GatedSAE, plotFeatureGallery } from 'gated-sae-tfjs';
 * const sae = new GatedSAE({ inputDim: 16, encodingDim: 64 });
 * const x = tf.randomUniform([100, 16]);
 * const labels = Array.from({ length: 100 }, (_, row) => row % 2);
 * const figure = await plotFeatureGallery(sae, sae.encode(x), x, labels, ['even', 'odd'], {
 *   topFeatures: 3,
 *   imageShape: [4, 4],
 * });
 * console.log(figure.toSVG().length);
 * ```
 */
export async function plotFeatureGallery(
  model: SAEModel,
  codes: Codes,
  x: Rows,
  labels: ArrayLike<number>,
  classNames: readonly string[],
  args: PlotFeatureGalleryArgs = {},
): Promise<Figure> {
  const where = 'plotFeatureGallery';
  const checked = checkOptions<PlotFeatureGalleryArgs>(where, RULES, args);
  const { topFeatures, topImages, imageShape: shape, imageRange, limit } = checked;
  const classes = checkOptions<Pick<FeatureReportArgs, 'labels' | 'classNames'>>(
    where,
    CLASS_RULES,
    { labels, classNames },
  );
  assertDictionary(where, model);
  checkImages(where, model, shape);
  const about = aboutRows(where, model.inputDim, { ...classes, imageShape: shape, imageRange });
  const featureIdx = checked.featureIdx?.slice(0, topFeatures);
  checkFeatures(where, featureIdx ?? [], model.encodingDim);
  const rows = rowBatches(where, x, model.inputDim, STREAM_RULES.batchSize.fallback as number);
  const coded = codesWithRows(where, codeBatches(where, codes, model.encodingDim), rows);
  const report = await galleryReport(model, coded, {
    where,
    about,
    topExamples: topImages,
    features: featureIdx ?? topFeatures,
  });
  const drawn = { topFeatures, topImages, featureIdx, limit };
  return taggedGallery(report, drawn, pythonTagging(topImages));
}

function checkFeatures(where: string, features: readonly number[], count: number): void {
  for (const feature of features) {
    if (Number.isInteger(feature) && feature >= 0 && feature < count) continue;
    const expected = `features from 0 to ${count - 1}`;
    const advice = 'Choose among the features that the model has.';
    throw wrongOption(`${where}.featureIdx`, expected, feature, advice);
  }
}

/**
 * Applies the rule of Python's gated-sae-tf: MONO if the `n` rows that activate a feature most are
 * of one class, POLY if they are of several, however few rows there are.
 *
 * Only rows on which the feature fires are counted. Classes with the same name are one class.
 *
 * @returns null if rows have no labels
 */
export function pythonTag(
  { top }: Pick<FeatureEntry, 'top'>,
  n: number,
  classNames?: readonly string[],
): TagWords | null {
  const fires = top.slice(0, n).filter(({ activation }) => activation > 0);
  if (fires.length === 0) return { kind: 'dead', before: 'dead' };
  const names = new Set<string>();
  for (const { label } of fires) {
    if (label === undefined) return null;
    names.add(className(label, classNames));
  }
  const [name] = names;
  return names.size === 1 && name !== undefined
    ? { kind: 'mono', before: 'MONO: ', name }
    : { kind: 'poly', before: `POLY: ${names.size} classes` };
}

/** Tags features by that rule, with this many images. */
export const pythonTagging =
  (topImages: number) =>
  ({ data }: FeatureReport): Tagging => ({
    tag: (entry) => pythonTag(entry, topImages, data.classNames),
    asks: "MONO, by gated-sae-tf's rule: all images shown are of one class.",
    warning: [],
  });
