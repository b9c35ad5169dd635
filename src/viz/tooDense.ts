import type { FeatureReport } from '../analysis/featureReport/report';

/**
 * The largest share of the features that may be active on a row: above it, a dictionary is too
 * dense (docs/seeing.md).
 */
export const DENSEST = 0.1;

/** What is needed to tell whether a dictionary is too dense. */
export interface Activity {
  /** Mean number of active features per row. */
  readonly l0: number;
  /** The number of features. */
  readonly features: number;
  readonly inputDim: number;
}

/**
 * Returns why a dictionary is too dense to interpret, in words; undefined if it is not.
 *
 * Either more features are active on a row than the row has numbers: then nothing is selected,
 * since that many directions can reconstruct any row. Or more than a tenth of all features are
 * active, so that the average feature fires on every tenth row, and what its strongest rows have in
 * common says little about it.
 */
export function tooDense({ l0, features, inputDim }: Activity): string | undefined {
  if (l0 > inputDim) return `more features are active on a row than the ${inputDim} numbers in it`;
  if (l0 > DENSEST * features) return 'more than a tenth of all features are active on a row';
  return undefined;
}

/** Returns a sentence that says it, and one with the next thing to do. */
export const denseWords = (why: string): readonly [says: string, advice: string] => [
  `Too dense to read: ${why}. Its pictures show noise, whatever their tags say.`,
  'Train longer, and for a lower L0.',
];

/** Returns the same for a report's dictionary; nothing if it is not too dense. */
export function denseWarning({
  l0,
  model: { features, inputDim },
}: Pick<FeatureReport, 'l0' | 'model'>): readonly string[] {
  const why = tooDense({ l0: l0.mean, features, inputDim });
  return why === undefined ? [] : denseWords(why);
}
