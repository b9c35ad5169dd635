import type { FeatureEntry, ReportData } from '../analysis/featureReport/report';
import { badReport } from '../errors';

/** How many of a feature's strongest examples must agree. */
export const TOP_IMAGES = 5;
/** The fewest rows that a feature must fire on: fewer rows may agree by chance. */
export const FEWEST_ROWS = 10;
/** The quantile of the normal distribution for a 99 % interval. */
const Z = 2.576;

/** Whether a feature fires for a single class: see {@link featureTag}. */
export type FeatureTag =
  | {
      /** It fires on no row. */
      readonly kind: 'dead';
    }
  | {
      /** It fires on too few rows to tell. */
      readonly kind: 'few';
      /** The number of rows (or images, if rows are positions) on which it fires. */
      readonly rows: number;
    }
  | {
      /** It fires for one class. */
      readonly kind: 'mono';
      /** The number of that class. */
      readonly label: number;
      /** The class's name. */
      readonly name: string;
    }
  | {
      /** It fires for several classes. */
      readonly kind: 'poly';
      /** The number of the most common class. */
      readonly label: number;
      /** The name of that class. */
      readonly name: string;
      /** The share of that class among the rows on which it fires. */
      readonly share: number;
    };

/** Returns the name of a class; its number if it has no name. */
export const className = (label: number, classNames: readonly string[] | undefined) =>
  classNames?.[label] ?? `class ${label}`;

/**
 * Decides whether a feature fires for a single class; galleries of reports, the dashboard and the
 * command line use it. MONO has three conditions:
 *
 * - The feature fires on 10 rows or more.
 * - The share of one class among these rows is clearly above chance, which is the class's share of
 *   all rows: the lower end of the share's 99 % interval (Wilson's) exceeds the midpoint between
 *   chance and 1. With ten equal classes that is 55 %.
 * - The five strongest examples, or as many as the report has, are of that class.
 *
 * If rows are positions in images, images are counted instead. Any other feature that fires on 10
 * rows or more is POLY. Classes with the same name are one class. {@link plotFeatureGallery} uses
 * the different rule of Python's gated-sae-tf.
 *
 * @param entry the feature, from a report's `features`
 * @param data the report's `data`
 * @returns the tag; null for an alive feature of rows without labels
 * @throws SAE_DATA if it is not a feature of a report, or not a report's data
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { featureReport, featureTag, GatedSAE } from 'gated-sae-tfjs';
 * const sae = new GatedSAE({ inputDim: 16, encodingDim: 64 });
 * const labels = Array.from({ length: 100 }, (_, row) => row % 2);
 * const report = await featureReport(sae, tf.randomUniform([100, 16]), { labels });
 * const mono = report.features.filter((entry) => featureTag(entry, report.data)?.kind === 'mono');
 * console.log(`${mono.length} of ${report.features.length} features keep to a class`);
 * ```
 */
export function featureTag(
  entry: Pick<FeatureEntry, 'density' | 'images' | 'top' | 'classes'>,
  data: Pick<ReportData, 'rows' | 'classNames' | 'classShares'>,
): FeatureTag | null {
  if (!Array.isArray(entry?.top) || typeof data?.rows !== 'number') {
    const expected = "a feature of a report's features, and the report's data";
    throw badReport('featureTag', expected, Array.isArray(entry?.top) ? data : entry);
  }
  const { density, top } = entry;
  if (!(density > 0)) return { kind: 'dead' };
  const found = commonestClass(entry, data);
  if (found === undefined) return null;
  const { label, name, share, chance, low } = found;
  const fires = firesOn(entry, data);
  if (fires < FEWEST_ROWS) return { kind: 'few', rows: fires };
  const strongest = top.slice(0, TOP_IMAGES).filter(({ activation }) => activation > 0);
  const agree = strongest.every(({ label: own = -1 }) => className(own, data.classNames) === name);
  return agree && low > (1 + chance) / 2
    ? { kind: 'mono', label, name }
    : { kind: 'poly', label, name, share };
}

/** Rows on which a feature fires; of positions the images. */
export const firesOn = (
  { density, images }: Pick<FeatureEntry, 'density' | 'images'>,
  { rows }: Pick<ReportData, 'rows'>,
) => images ?? Math.round(density * rows);

/** The commonest class of the rows on which a feature fires, and how sure that is. */
export interface CommonestClass extends Class {
  /** The class's share of all rows. */
  readonly chance: number;
  /** The lower end of the 99 % interval of `share`. */
  readonly low: number;
}

/** The same of a feature; undefined of rows without labels, and of a dead feature. */
export function commonestClass(
  entry: Pick<FeatureEntry, 'density' | 'images' | 'classes'>,
  data: Pick<ReportData, 'rows' | 'classNames' | 'classShares'>,
): CommonestClass | undefined {
  const { classNames, classShares } = data;
  const nameOf = (label: number) => className(label, classNames);
  const best = commonest(entry.classes ?? [], nameOf);
  if (best === undefined || classShares === undefined) return undefined;
  const chance = classShares.reduce(
    (sum, share, label) => (nameOf(label) === best.name ? sum + share : sum),
    0,
  );
  return { ...best, chance, low: lowerEnd(best.share, firesOn(entry, data)) };
}

interface Class {
  readonly label: number;
  readonly name: string;
  readonly share: number;
}

/** Returns the class with the largest share; classes with the same name are combined. */
function commonest(
  classes: NonNullable<FeatureEntry['classes']>,
  nameOf: (label: number) => string,
): Class | undefined {
  const byName = new Map<string, Class>();
  let best: Class | undefined;
  for (const { label, share } of classes) {
    const name = nameOf(label);
    const before = byName.get(name);
    const merged = { label: before?.label ?? label, name, share: (before?.share ?? 0) + share };
    byName.set(name, merged);
    if (best === undefined || merged.share > best.share) best = merged;
  }
  return best;
}

/**
 * Returns the lower end of Wilson's 99 % interval for a share that was observed on this many rows.
 */
function lowerEnd(share: number, rows: number): number {
  const p = Math.min(1, share);
  const z2 = Z * Z;
  const spread = Z * Math.sqrt((p * (1 - p) + z2 / (4 * rows)) / rows);
  return (p + z2 / (2 * rows) - spread) / (1 + z2 / rows);
}
