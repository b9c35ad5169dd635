import type { FeatureEntry, FeatureReport } from '../analysis/featureReport/report';
import { wrongOption } from '../errors';
import {
  checkOptions,
  optional,
  positive,
  positiveInteger,
  type Rule,
  type Rules,
} from '../options';
import { FeatureRow, ROW_GAP, type TagWords } from './featureRow';
import { type FeatureTag, featureTag, TOP_IMAGES } from './featureTag';
import type { Figure } from './figure';
import { fixedDigits } from './fixedDigits';
import { colourKey, heatKey, KEY } from './image/colourKey';
import { ImageReport } from './image/imageReport';
import { fitted } from './image/place';
import { LIMIT } from './image/tile';
import { emptyPicture } from './svg/emptyPicture';
import { line } from './svg/line';
import { picture } from './svg/picture';
import { textWidth } from './svg/textWidth';
import { denseWarning } from './tooDense';

/** Options of {@link drawFeatureGallery}. */
export interface FeatureGalleryArgs {
  /** Features to show, one row each; 20 by default. */
  topFeatures?: number;
  /** Images to show per feature, up to 1000; 5 by default. */
  topImages?: number;
  /**
   * Features to show, in this order, in place of those with the largest mean activation, up to
   * `topFeatures` of them. By default the most active ones.
   */
  featureIdx?: readonly number[];
  /** The weight shown as darkest red; its negative is darkest blue; 0.15 by default. */
  limit?: number;
}

/** The most examples that a report holds per feature. */
export const MOST_IMAGES = 1000;
const featureNumbers: Rule<readonly number[]> = {
  expected: 'a list of one or more features',
  accepts: (v) => Array.isArray(v) && v.length > 0 && v.every(Number.isSafeInteger),
};
export const TOP_FEATURES = 20;
export const FEATURE_GALLERY_RULES: Rules<FeatureGalleryArgs> = {
  topFeatures: positiveInteger(TOP_FEATURES),
  topImages: {
    expected: `an integer from 1 to ${MOST_IMAGES}`,
    accepts: (v) => Number.isSafeInteger(v) && Number(v) >= 1 && Number(v) <= MOST_IMAGES,
    fallback: TOP_IMAGES,
  },
  featureIdx: optional(featureNumbers),
  limit: positive(LIMIT),
};

const WHERE = 'drawFeatureGallery';
const TITLES = {
  directions: 'Decoder Directions + Top-Activating Images',
  maps: 'Top-Activating Images + Where the Features Fire',
};
const SIDE = 112;
const MARGIN = 24;
const HEADER = 84;
/** The least height of a row, for its three lines of text. */
const LOWEST_ROW = 64;
const GROUND = '#111111';
const TITLE = { size: 18, fill: '#ffffff' };
const COLUMN_HEAD = { size: 12, fill: '#aaaaaa' };
const EMPTY_TEXT = { size: 13, fill: '#ffffff' };
const KEY_TEXT = { size: 11, fill: '#aaaaaa' };
const WARNING = { size: 12, fill: '#ffb454' };
const WARNING_LINE = 18;
const ABOUT_MAPS =
  'Below each image, on the same in grey, the places where the feature fires; the strongest is framed.';

/** How features are tagged in a gallery, and what else it says about the dictionary. */
export interface Tagging {
  tag(entry: FeatureEntry): TagWords | null;
  /** What MONO requires, in a sentence. */
  readonly asks: string;
  /** Lines below the title. */
  readonly warning: readonly string[];
}

/**
 * Draws each feature's decoder direction next to the images that activate it most, and its tag by
 * {@link featureTag}: MONO and the class; POLY with its most common class and that class's share;
 * or on how few rows it fires. Features of a hidden layer have no direction to draw; instead, a map
 * below each image shows where on it the feature fires. Features are ranked by mean activation;
 * those that never fire are shown only if `featureIdx` names them. If a dictionary is too dense to
 * interpret, the picture says so.
 *
 * @param report a report on images or positions in them, made by {@link featureReport}, with at
 *   least `topImages` top examples
 * @param args which features, and how many images per feature; every option has a default
 * @returns the picture; there is nothing to dispose.
 * @throws SAE_DATA for a report on rows other than images; SAE_OPTION for an unknown option or a
 *   wrong value, or for more images than the report has examples.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { drawFeatureGallery, featureReport, GatedSAE } from 'gated-sae-tfjs';
 * const sae = new GatedSAE({ inputDim: 16, encodingDim: 64 });
 * const labels = Array.from({ length: 100 }, (_, row) => row % 2);
 * const report = await featureReport(sae, tf.randomUniform([100, 16]), {
 *   imageShape: [4, 4],
 *   labels,
 *   classNames: ['even', 'odd'],
 * });
 * const figure = drawFeatureGallery(report, { topFeatures: 3, topImages: 4 });
 * console.log(figure.width, figure.height);
 * ```
 */
export function drawFeatureGallery(report: FeatureReport, args: FeatureGalleryArgs = {}): Figure {
  return taggedGallery(report, args, ownTagging);
}

/** Draws the gallery, with its features tagged by a given rule. */
export function taggedGallery(
  report: FeatureReport,
  args: FeatureGalleryArgs,
  tagging: (report: FeatureReport) => Tagging,
): Figure {
  const { topFeatures, topImages, featureIdx, limit } = checkOptions(
    WHERE,
    FEATURE_GALLERY_RULES,
    args,
  );
  const images = new ImageReport(WHERE, report, ['image', 'position']);
  const titleText = images.hasDirections ? TITLES.directions : TITLES.maps;
  const { tag, asks, warning } = tagging(report);
  const shown = chosen(images, featureIdx).slice(0, topFeatures);
  for (const entry of shown) checkExamples(images, entry, topImages);

  if (shown.length === 0) {
    const styles = { titleStyle: TITLE, reasonStyle: EMPTY_TEXT, ground: GROUND };
    return emptyPicture({ title: titleText, reason: images.emptiness, ...styles });
  }

  const size = fitted(images.shape, SIDE);
  const row = new FeatureRow({ images, size, side: SIDE, topImages, limit, tag });
  const widths = warning.map((words) => textWidth(words, WARNING.size));
  const inside = Math.max(row.width, textWidth(titleText, TITLE.size), ...widths);
  const width = Math.ceil(inside) + 2 * MARGIN;
  const left = (width - row.width) / 2;
  const rowHeight = Math.max(LOWEST_ROW, row.height) + ROW_GAP;
  const header = HEADER + WARNING_LINE * warning.length;
  const height = Math.ceil(header + shown.length * rowHeight + ROW_GAP + KEY.height + MARGIN);
  const { decoderMiddle } = row;
  const sentences = [describe(shown, topImages, tag), asks, ...warning];
  if (images.mapShape !== undefined) sentences.push(ABOUT_MAPS);
  const description = sentences.join(' ');
  const keyTop = height - MARGIN - KEY.height;
  return picture(
    { width, height, title: titleText, ground: GROUND, description },
    line(titleText, width / 2, 34, TITLE),
    ...warning.map((words, i) => line(words, width / 2, 57 + WARNING_LINE * i, WARNING)),
    ...(decoderMiddle === undefined
      ? []
      : [
          line('Decoder', left + decoderMiddle, header - 21, COLUMN_HEAD),
          line('Weight', left + decoderMiddle, header - 6, COLUMN_HEAD),
        ]),
    ...Array.from({ length: topImages }, (_, i) =>
      line(`Top ${i + 1}`, left + row.imageMiddle(i), header - 6, COLUMN_HEAD),
    ),
    ...shown.flatMap((entry, i) => row.draw(entry, left, header + i * rowHeight)),
    ...(images.hasDirections ? colourKey(images.shape, limit, width / 2, keyTop, KEY_TEXT) : []),
    ...(images.mapShape === undefined ? [] : heatKey(width / 2, keyTop, KEY_TEXT)),
  );
}

/** Returns the requested features, or all that fire. */
function chosen(images: ImageReport, wanted: readonly number[] | undefined): FeatureEntry[] {
  if (wanted === undefined) return images.byMean();
  return wanted.map((feature) => {
    const entry = images.entry(feature);
    if (entry !== undefined) return entry;
    const advice = 'Choose among its features, or make the report with the features you want.';
    throw wrongOption(`${WHERE}.featureIdx`, 'features that the report is about', feature, advice);
  });
}

/** @throws SAE_OPTION if the report holds fewer examples than exist and are requested. */
function checkExamples(images: ImageReport, entry: FeatureEntry, topImages: number): void {
  const held = entry.top.length;
  if (held >= Math.min(topImages, images.firing(entry))) return;
  const expected = `at most the report's ${held} top examples`;
  const advice = `Give ${held} at most, or make the report with more topExamples.`;
  throw wrongOption(`${WHERE}.topImages`, expected, topImages, advice);
}

function describe(shown: readonly FeatureEntry[], topImages: number, tag: Tagging['tag']): string {
  const each = shown.map((entry) => {
    const kind = tag(entry)?.kind;
    const words = `feature ${entry.feature}, mean ${fixedDigits(entry.mean, 3)}`;
    return kind === undefined ? words : `${words}, ${KINDS[kind]}`;
  });
  return `Features with the ${topImages} images that activate each most: ${each.join('; ')}.`;
}

const KINDS = { mono: 'MONO', poly: 'POLY', few: 'too few rows', dead: 'dead' };

/** Tags features by {@link featureTag}. */
const ownTagging = (report: FeatureReport): Tagging => ({
  tag: (entry) => tagWords(featureTag(entry, report.data), whatOf(report)),
  asks: `MONO: the feature fires on 10 ${whatOf(report)}s or more, most of them and the strongest of one class.`,
  warning: denseWarning(report),
});

/** Returns what the classes describe. */
const whatOf = ({ data }: FeatureReport) => (data.kind === 'position' ? 'image' : 'row');

function tagWords(tag: FeatureTag | null, what: string): TagWords | null {
  if (tag === null) return null;
  const { kind } = tag;
  switch (kind) {
    case 'mono':
      return { kind, before: 'MONO: ', name: tag.name };
    case 'poly':
      return { kind, before: `POLY: ${percentOf(tag.share)} `, name: tag.name };
    case 'few':
      return { kind, before: `on ${tag.rows} ${what}${tag.rows === 1 ? '' : 's'} only` };
    case 'dead':
      return { kind, before: 'dead' };
  }
}

/** Formats a share in whole per cent; 100 only if it is complete. */
const percentOf = (share: number) => `${share < 1 ? Math.min(99, Math.round(100 * share)) : 100}%`;
