import { wrongOption } from '../../../errors';
import { assertDictionary } from '../../../models/givenModel';
import type { SAEModel } from '../../../models/saeModel';
import { checkOptions, type Rule, type Rules } from '../../../options';
import { dictionaryOf } from '../../featureReport/dictionary';
import { matched } from '../matching/matched';

const WHERE = 'matchFeatures';

/** What {@link matchFeatures} takes. */
export interface MatchFeaturesArgs {
  /** Cosines from −1 to 1, above which the shares of features are given; 0.5, 0.7 and 0.9 by default. */
  thresholds?: readonly number[];
}

/** A feature of one dictionary and one of another. */
export interface FeaturePair {
  /** The one's feature. */
  a: number;
  /** The other's. */
  b: number;
  /** Between their decoder rows. */
  cosine: number;
}

/** How many features have a near one. */
export interface ShareAbove {
  /** A cosine. */
  threshold: number;
  /** Of the first dictionary's features, the share whose nearest is above it. */
  share: number;
}

/** Features of two dictionaries in pairs, in which none comes twice. */
export interface OneToOne {
  /**
   * `'hungarian'`: those whose cosines sum to the most. `'greedy'`, where there are too many features for
   * that: the nearest first, among the 16 nearest of each feature; some may find none.
   */
  method: 'hungarian' | 'greedy';
  /** By feature of the first dictionary. */
  pairs: FeaturePair[];
  /** The sum of their cosines by the number of features of the smaller dictionary. */
  meanCosine: number;
}

/** How the features of two dictionaries lie to each other: plain JSON. */
export interface FeatureMatches {
  /** By feature of the first dictionary, the nearest of the second; one may be the nearest of several. */
  nearest: FeaturePair[];
  /** The mean of their cosines. */
  meanNearest: number;
  /** For each threshold, the share of the first one's features whose nearest is above it. */
  above: ShareAbove[];
  /** Pairs in which no feature comes twice. */
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
 * Which features of one dictionary another one has too, by the cosines between decoder rows: those that
 * come back from another seed are more likely of the data than of the training.
 *
 * A block of cosines at a time. One-to-one pairs are the best that there are for up to 2²⁴ cosines (4,096
 * features of each), and greedy beyond.
 *
 * @param a a dictionary
 * @param b another of the same `outputDim`
 * @param args `thresholds`, 0.5, 0.7 and 0.9 by default
 * @returns plain JSON, of which nothing is to be disposed.
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
