import type { FeatureEntry, FeatureReport } from '../analysis/featureReport/report';
import type { Tagging } from '../viz/featureGallery';
import type { TagWords } from '../viz/featureRow';
import { className } from '../viz/featureTag';

/**
 * The rule of Python's gated-sae-tf: MONO where the `n` rows that activate a feature most are of one
 * class, POLY where they are of several, however many rows there are.
 *
 * Only rows on which the feature fires are counted. Classes of the same name are one class.
 *
 * @returns null where rows have no labels
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

/** Tags by that rule, of so many images. */
export const pythonTagging =
  (topImages: number) =>
  ({ data }: FeatureReport): Tagging => ({
    tag: (entry) => pythonTag(entry, topImages, data.classNames),
    asks: "MONO, by gated-sae-tf's rule: all images shown are of one class.",
    warning: [],
  });
