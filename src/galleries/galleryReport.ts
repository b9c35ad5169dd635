import type { AboutRows } from '../analysis/featureReport/aboutRows';
import { Accumulator } from '../analysis/featureReport/accumulator';
import { assembled } from '../analysis/featureReport/assemble';
import { dictionaryOf } from '../analysis/featureReport/dictionary';
import type { FeatureReport } from '../analysis/featureReport/report';
import type { SparseCodes } from '../kernels/sparseCodes';
import type { SAEModel } from '../models/saeModel';

/** What a gallery needs of a report. */
export interface GalleryNeeds {
  readonly where: string;
  readonly about: AboutRows;
  /** The number of examples per feature. */
  readonly topExamples: number;
  /** Which features, or how many of those with the largest mean activation. */
  readonly features: readonly number[] | number;
}

/**
 * Makes a report on the given codes, with only what a gallery shows.
 *
 * @param coded codes, with their rows if these are shown
 */
export async function galleryReport(
  model: SAEModel,
  coded: AsyncIterable<{ codes: SparseCodes; values?: Float32Array }>,
  { where, about, topExamples, features }: GalleryNeeds,
): Promise<FeatureReport> {
  const dictionary = await dictionaryOf(where, model);
  const gathered = Accumulator.withRoom(where, model.encodingDim, about, {
    topExamples,
    intervalExamples: 0,
    coactive: false,
  });
  for await (const { codes, values } of coded) gathered.add(codes, values);
  gathered.end();
  const shown =
    typeof features === 'number' ? mostActive(gathered.tally.sums, features) : [...features];
  return assembled({ dictionary, gathered, features: ascending(shown) });
}

/**
 * Returns the features with the largest sums; the last among equals, like numpy's reversed argsort.
 */
function mostActive(sums: Float64Array, count: number): number[] {
  return Array.from(sums, (_, feature) => feature)
    .sort((a, b) => (sums[b] as number) - (sums[a] as number) || b - a)
    .slice(0, count);
}

const ascending = (features: readonly number[]) => [...new Set(features)].sort((a, b) => a - b);
