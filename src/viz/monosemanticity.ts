import type { FeatureEntry } from '../analysis/featureReport/report';

/** How many of a feature's strongest examples are looked at, where nobody says otherwise. */
export const TOP_IMAGES = 5;

/** What a feature's strongest examples have in common: one class, or so many. */
export type Tag =
  | { readonly kind: 'dead' }
  | { readonly kind: 'mono'; readonly name: string }
  | { readonly kind: 'poly'; readonly classes: number };

/** The name of a class; one without a name is called by its number. */
export const className = (label: number, classNames: readonly string[] | undefined) =>
  classNames?.[label] ?? `class ${label}`;

/**
 * Whether the `n` rows that activate a feature most are of one class (MONO) or of several (POLY):
 * the rule of Python's gallery, over the rows on which the feature fires.
 *
 * Classes of the same name are one class.
 *
 * @returns null where rows have no labels
 */
export function tagOf(
  { top }: Pick<FeatureEntry, 'top'>,
  n: number,
  classNames?: readonly string[],
): Tag | null {
  const fires = top.slice(0, n).filter(({ activation }) => activation > 0);
  if (fires.length === 0) return { kind: 'dead' };
  const names = new Set<string>();
  for (const { label } of fires) {
    if (label === undefined) return null;
    names.add(className(label, classNames));
  }
  const [name] = names;
  return names.size === 1 && name !== undefined
    ? { kind: 'mono', name }
    : { kind: 'poly', classes: names.size };
}
