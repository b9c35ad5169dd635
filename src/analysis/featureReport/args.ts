import * as tf from '@tensorflow/tfjs-core';
import { isDataset, type Rows } from '../../activations/rows';
import { STREAM_RULES } from '../../models/args';
import { imageShape, mapShape, optional, type Rule, type Rules } from '../../options';
import type { FeatureEffects } from './effects';
import type { ImageShape } from './report';

/** What {@link featureReport} takes. */
export interface FeatureReportArgs {
  /** The class of each row, with `images` of each image: an integer from 0 on; none by default. */
  labels?: ArrayLike<number>;
  /** The classes' names, by label; the labels themselves by default. */
  classNames?: readonly string[];
  /**
   * For images: `[height, width]`, or `[height, width, 3]` of coloured ones. Rows are plain vectors by
   * default.
   */
  imageShape?: ImageShape;
  /**
   * For rows of a layer that looks at images: all images `[images, ...]`, or a dataset of batches of them, as
   * the network was given them. They are read in a pass after that over the rows; those that are shown are
   * kept. By default rows with an `imageShape` are images themselves.
   */
  images?: Rows;
  /**
   * With `images`: height and width of the layer's feature map, each place of which is a row, line by line;
   * `[1, 1]` by default: a row is of a whole image. Which rows are there, their `origin` tells, as
   * {@link captureActivations} brings it; without it, all of them.
   */
  mapShape?: readonly [number, number];
  /** The values that are black and white; `[0, 1]` by default. */
  imageRange?: readonly [number, number];
  /**
   * For tokens: the documents' tokens, each of which is one row, in this order, or those that the rows'
   * `origin` names by document and place. Rows are plain vectors by default.
   */
  tokens?: readonly (readonly string[])[];
  /** Tokens that are shown on each side of one; 10 by default. */
  contextTokens?: number;
  /**
   * What each feature does to the classes of the model that the dictionary is spliced into, which the report
   * is to tell too; none by default.
   */
  effects?: FeatureEffects;
  /** Rows that activate a feature most, with `images` of each image one; 20 by default. */
  topExamples?: number;
  /** Rows drawn at random from each octave of a feature's activations; 3 by default. */
  intervalExamples?: number;
  /** Nearest and most co-active features that an entry names; 10 by default. */
  neighbours?: number;
  /** Rows encoded at a time; 512 by default. A dataset brings its own. */
  batchSize?: number;
  /**
   * Called after each batch; by default nothing is.
   *
   * @param rowsDone rows that have been read so far
   */
  onProgress?: (rowsDone: number) => void;
}

const MOST_EXAMPLES = 1000;

const integerTo = (most: number, fallback?: number): Rule<number> => ({
  expected: `an integer from 0 to ${most}`,
  accepts: (v) => Number.isSafeInteger(v) && Number(v) >= 0 && Number(v) <= most,
  ...(fallback !== undefined && { fallback }),
});
const isText = (value: unknown) => typeof value === 'string';

export const IMAGE_RANGE: Rule<readonly [number, number]> = {
  expected: '[black, white], two finite numbers that rise',
  accepts: (v) => Array.isArray(v) && v.length === 2 && v.every(Number.isFinite) && v[0] < v[1],
  fallback: [0, 1],
};
const classNames: Rule<readonly string[]> = {
  expected: 'a list of strings',
  accepts: (v) => Array.isArray(v) && v.every(isText),
};
const labels: Rule<ArrayLike<number>> = {
  expected: 'a list of integers',
  accepts: (v) =>
    typeof v === 'object' && v !== null && Number.isSafeInteger((v as { length?: unknown }).length),
};
const tokens: Rule<readonly (readonly string[])[]> = {
  expected: 'a list of documents, each a list of strings',
  accepts: (v) =>
    Array.isArray(v) && v.every((document) => Array.isArray(document) && document.every(isText)),
};
const images: Rule<Rows> = {
  expected: 'a tensor [images, ...], or a dataset of batches of images',
  accepts: (v) => v instanceof tf.Tensor || isDataset(v),
};
const effects: Rule<FeatureEffects> = {
  expected: '{classNames, values}, a list of strings and numbers [features, classes]',
  accepts: (v) => {
    const { classNames: names, values } = (v ?? {}) as Partial<FeatureEffects>;
    return classNames.accepts(names) && labels.accepts(values);
  },
};
const onProgress: Rule<(rowsDone: number) => void> = {
  expected: 'a function',
  accepts: (v) => typeof v === 'function',
};

export const REPORT_RULES: Rules<FeatureReportArgs> = {
  ...STREAM_RULES,
  labels: optional(labels),
  classNames: optional(classNames),
  imageShape: optional(imageShape),
  imageRange: optional(IMAGE_RANGE),
  images: optional(images),
  mapShape: optional(mapShape),
  tokens: optional(tokens),
  contextTokens: optional(integerTo(MOST_EXAMPLES)),
  effects: optional(effects),
  topExamples: integerTo(MOST_EXAMPLES, 20),
  intervalExamples: integerTo(MOST_EXAMPLES, 3),
  neighbours: integerTo(MOST_EXAMPLES, 10),
  onProgress: optional(onProgress),
};
