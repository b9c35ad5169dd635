import type { FeatureReport } from '../analysis/featureReport/report';

/** Share of the features that may be active on a row: features above it are dense (docs/seeing.md). */
export const DENSEST = 0.1;

/** What it takes of a dictionary to see whether it is too dense. */
export interface Activity {
  /** Features active on a row, on average. */
  readonly l0: number;
  /** All features. */
  readonly features: number;
  readonly inputDim: number;
}

/**
 * Why a dictionary is too dense to read, in words; undefined where it is not.
 *
 * Either more features are active on a row than the row has numbers: then nothing is chosen, for so
 * many directions rebuild any row. Or more than a tenth of all features are, so that the average
 * feature fires on every tenth row, and what its strongest rows have in common says little of it.
 */
export function tooDense({ l0, features, inputDim }: Activity): string | undefined {
  if (l0 > inputDim) return `more features are active on a row than the ${inputDim} numbers in it`;
  if (l0 > DENSEST * features) return 'more than a tenth of all features are active on a row';
  return undefined;
}

/** A sentence that says it, and one with the next thing to do. */
export const denseWords = (why: string): readonly [says: string, advice: string] => [
  `Too dense to read: ${why}. Its pictures show noise, whatever their tags say.`,
  'Train longer, and for a lower L0.',
];

/** The same of a report's dictionary; nothing where it is not too dense. */
export function denseWarning({
  l0,
  model: { features, inputDim },
}: Pick<FeatureReport, 'l0' | 'model'>): readonly string[] {
  const why = tooDense({ l0: l0.mean, features, inputDim });
  return why === undefined ? [] : denseWords(why);
}
