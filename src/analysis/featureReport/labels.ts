import { wrongLabel, wrongOption } from '../../errors';

/** The most classes, since each has a counter for every feature. */
const MOST_CLASSES = 65_536;

/** The classes of rows. */
export interface Classes {
  /** One label per row; for positions, one per image. */
  readonly labels: ArrayLike<number>;
  /** The names of the classes, by label. */
  readonly names: readonly string[];
}

/**
 * Returns labels and the names of their classes, which are the labels themselves if none are given.
 *
 * @throws SAE_DATA for a label that is not a class; SAE_OPTION for names without labels.
 */
export function classesOf(
  where: string,
  labels: ArrayLike<number> | undefined,
  classNames: readonly string[] | undefined,
): Classes | undefined {
  if (labels === undefined) {
    if (classNames === undefined) return undefined;
    const expected = 'one for each row, as there are classNames';
    throw wrongOption(`${where}.labels`, expected, labels, 'Give labels, or leave classNames out.');
  }
  const classes = Math.min(classNames?.length ?? MOST_CLASSES, MOST_CLASSES);
  let largest = -1;
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row] as number;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw wrongLabel(`${where}.labels`, classes, label, row);
    }
    largest = Math.max(largest, label);
  }
  const names = classNames ?? Array.from({ length: largest + 1 }, (_, label) => String(label));
  return { labels, names };
}

/** Returns the share of the rows in each class, by label. */
export function classShares({ labels, names }: Classes): number[] {
  const counts = new Array<number>(names.length).fill(0);
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row] as number;
    counts[label] = (counts[label] as number) + 1;
  }
  return counts.map((count) => count / Math.max(1, labels.length));
}
