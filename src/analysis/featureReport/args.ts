import { STREAM_RULES } from '../../models/args';
import { imageShape, optional, type Rule, type Rules } from '../../options';
import type { ImageShape } from './report';

/** What {@link featureReport} takes. */
export interface FeatureReportArgs {
  /** The class of each row, an integer from 0 on; none by default. */
  labels?: ArrayLike<number>;
  /** The classes' names, by label; the labels themselves by default. */
  classNames?: readonly string[];
  /**
   * For images: `[height, width]`, or `[height, width, 3]` of coloured ones. Rows are plain vectors by
   * default.
   */
  imageShape?: ImageShape;
  /** The values that are black and white; `[0, 1]` by default. */
  imageRange?: readonly [number, number];
  /**
   * For tokens: the documents' tokens, each of which is one row, in this order. Rows are plain vectors
   * by default.
   */
  tokens?: readonly (readonly string[])[];
  /** Tokens that are shown on each side of one; 10 by default. */
  contextTokens?: number;
  /** Rows that activate a feature most; 20 by default. */
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
  tokens: optional(tokens),
  contextTokens: optional(integerTo(MOST_EXAMPLES)),
  topExamples: integerTo(MOST_EXAMPLES, 20),
  intervalExamples: integerTo(MOST_EXAMPLES, 3),
  neighbours: integerTo(MOST_EXAMPLES, 10),
  onProgress: optional(onProgress),
};
