import { wrongLabel, wrongOption } from '../../errors';

/** Classes at most: each has a counter for every feature. */
const MOST_CLASSES = 65_536;

/** The classes of rows. */
export interface Classes {
  /** One a row; of positions one an image. */
  readonly labels: ArrayLike<number>;
  /** By label. */
  readonly names: readonly string[];
}

/**
 * Labels and the names of their classes, which are the labels themselves where none are given.
 *
 * @throws SAE_DATA for a label that is none of a class; SAE_OPTION for names without labels.
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

/** By label, the share of the rows that are of its class. */
export function classShares({ labels, names }: Classes): number[] {
  const counts = new Array<number>(names.length).fill(0);
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row] as number;
    counts[label] = (counts[label] as number) + 1;
  }
  return counts.map((count) => count / Math.max(1, labels.length));
}
