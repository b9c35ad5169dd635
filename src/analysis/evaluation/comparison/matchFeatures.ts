import { wrongOption } from '../../../errors';
import { assertDictionary } from '../../../models/givenModel';
import type { SAEModel } from '../../../models/saeModel';
import { checkOptions, type Rule, type Rules } from '../../../options';
import { dictionaryOf } from '../../featureReport/dictionary';
import { matched } from '../matching/matched';

const WHERE = 'matchFeatures';

/** Options of {@link matchFeatures}. */
export interface MatchFeaturesArgs {
  /**
   * Cosines from −1 to 1; the share of features above each is reported; 0.5, 0.7 and 0.9 by
   * default.
   */
  thresholds?: readonly number[];
}

/** A pair of features from two dictionaries. */
export interface FeaturePair {
  /** The feature of the first dictionary. */
  a: number;
  /** The feature of the second. */
  b: number;
  /** The cosine between their decoder rows. */
  cosine: number;
}

/** The share of features with a close match. */
export interface ShareAbove {
  /** The cosine to exceed. */
  threshold: number;
  /** The share of the first dictionary's features whose nearest feature exceeds it. */
  share: number;
}

/** Pairs of features in which no feature occurs twice. */
export interface OneToOne {
  /**
   * `'hungarian'`: the pairs with the largest sum of cosines. `'greedy'`, if there are too many
   * features for that: nearest pairs first, among the 16 nearest of each feature; some features may
   * remain without a partner.
   */
  method: 'hungarian' | 'greedy';
  /** Pairs in the order of the first dictionary's features. */
  pairs: FeaturePair[];
  /** The sum of their cosines, divided by the number of features of the smaller dictionary. */
  meanCosine: number;
}

/** How the features of two dictionaries correspond: plain JSON. */
export interface FeatureMatches {
  /**
   * For each feature of the first dictionary, the nearest of the second; one may be the nearest of
   * several.
   */
  nearest: FeaturePair[];
  /** The mean of their cosines. */
  meanNearest: number;
  /** For each threshold, the share of the first dictionary's features whose nearest exceeds it. */
  above: ShareAbove[];
  /** Pairs in which no feature occurs twice. */
  oneToOne: OneToOne;
}

const RULES: Rules<MatchFeaturesArgs> = {
  thresholds: {
    expected: 'a list of numbers from -1 to 1',
    accepts: (v) => Array.isArray(v) && v.every((one) => one >= -1 && one <= 1),
    fallback: [0.5, 0.7, 0.9],
  } satisfies Rule<readonly number[]>,
};

/**
 * Finds which features of one dictionary also exist in another, by the cosines between decoder
 * rows: features that reappear with another seed are more likely to reflect the data than the
 * training.
 *
 * Cosines are computed a block at a time. One-to-one pairs are optimal for up to 2²⁴ cosines (4,096
 * features each), and greedy beyond that.
 *
 * @param a a dictionary
 * @param b another dictionary with the same `outputDim`
 * @param args `thresholds`, 0.5, 0.7 and 0.9 by default
 * @returns plain JSON; there is nothing to dispose.
 * @throws SAE_OPTION for dictionaries of different widths, an unknown option or a wrong value;
 * SAE_NOT_FINITE for decoder rows that are not finite.
 * @example
 * ```ts
 * import { GatedSAE, matchFeatures } from 'gated-sae-tfjs';
 * const one = new GatedSAE({ inputDim: 8, encodingDim: 32, seed: 1 });
 * const other = new GatedSAE({ inputDim: 8, encodingDim: 32, seed: 2 });
 * const { meanNearest, above, oneToOne } = await matchFeatures(one, other);
 * console.log(meanNearest, above[0], oneToOne.method, oneToOne.meanCosine);
 * ```
 */
export async function matchFeatures(
  a: SAEModel,
  b: SAEModel,
  args: MatchFeaturesArgs = {},
): Promise<FeatureMatches> {
  const { thresholds } = checkOptions<MatchFeaturesArgs>(WHERE, RULES, args);
  for (const model of [a, b]) assertDictionary(WHERE, model);
  if (a.outputDim !== b.outputDim) {
    const expected = `a dictionary of outputDim ${a.outputDim}, as the other has`;
    throw wrongOption(`${WHERE}.b`, expected, b.outputDim, 'Match dictionaries of the same rows.');
  }
  const directions = async (model: SAEModel) => {
    const { wDec: values, outputDim: width } = await dictionaryOf(WHERE, model);
    return { values, width };
  };
  const found = await matched(await directions(a), await directions(b), { unsigned: false });
  const { cosines, method, pairs } = found;
  const sum = pairs.reduce((total, { cosine }) => total + cosine, 0);
  return {
    nearest: Array.from(found.nearest, (b, a) => ({ a, b, cosine: cosines[a] as number })),
    meanNearest: cosines.reduce((total, cosine) => total + cosine, 0) / cosines.length,
    above: thresholds.map((threshold) => ({
      threshold,
      share: cosines.filter((cosine) => cosine > threshold).length / cosines.length,
    })),
    oneToOne: {
      method,
      pairs: [...pairs],
      meanCosine: sum / Math.min(a.encodingDim, b.encodingDim),
    },
  };
}
