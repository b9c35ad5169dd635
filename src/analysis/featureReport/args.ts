import * as tf from '@tensorflow/tfjs-core';
import { isDataset, type Rows } from '../../activations/rows';
import { STREAM_RULES } from '../../models/args';
import { imageShape, mapShape, optional, type Rule, type Rules } from '../../options';
import type { FeatureEffects } from './effects';
import type { ImageShape } from './report';

/** Options of {@link featureReport}. */
export interface FeatureReportArgs {
  /**
   * The class of each row, or with `images` of each image: an integer from 0 on; none by default.
   */
  labels?: ArrayLike<number>;
  /** The names of the classes, by label; the labels themselves by default. */
  classNames?: readonly string[];
  /**
   * For images: `[height, width]`, or `[height, width, 3]` for coloured ones. By default rows are
   * plain vectors.
   */
  imageShape?: ImageShape;
  /**
   * For rows of a layer whose input is images: all images `[images, ...]`, or a dataset of batches
   * of them, as they were given to the network. They are read in a second pass, after the rows;
   * only those that are shown are kept. By default rows with an `imageShape` are images themselves.
   */
  images?: Rows;
  /**
   * With `images`: height and width of the layer's feature map, each place of which is a row, line
   * by line; `[1, 1]` by default: a row describes a whole image. The rows' `origin`, as
   * {@link captureActivations} gives it, says which places they are; without it, every place must
   * have a row.
   */
  mapShape?: readonly [number, number];
  /** The values shown as black and white; `[0, 1]` by default. */
  imageRange?: readonly [number, number];
  /**
   * For tokens: the tokens of all documents. Each is one row, in this order, or, if rows have an
   * `origin`, the rows are those of the documents and positions that it gives. By default rows are
   * plain vectors.
   */
  tokens?: readonly (readonly string[])[];
  /** Tokens shown on each side of a token; 10 by default. */
  contextTokens?: number;
  /**
   * The effect of each feature on the classes of the model that the dictionary is spliced into, to
   * be included in the report; none by default.
   */
  effects?: FeatureEffects;
  /** Rows that activate a feature most (with `images`, one per image); 20 by default. */
  topExamples?: number;
  /** Rows drawn at random from each octave of a feature's activations; 3 by default. */
  intervalExamples?: number;
  /** Nearest and most co-active features listed per entry; 10 by default. */
  neighbours?: number;
  /** Rows encoded at a time; 512 by default. A dataset has its own batches. */
  batchSize?: number;
  /**
   * Called after each batch; not set by default.
   *
   * @param rowsDone the number of rows read so far
   */
  onProgress?: (rowsDone: number) => void;
}

export const MOST_EXAMPLES = 1000;

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
