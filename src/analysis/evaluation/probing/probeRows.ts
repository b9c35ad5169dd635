import { shuffled } from '../../../activations/shuffle';

/** Rows for probing a class: as many of the class as of all others. */
export interface ProbeRows {
  readonly label: number;
  /** Numbers of the rows that a probe is fitted to, in random order. */
  readonly train: Uint32Array;
  /** Numbers of the rows that it is tested on. */
  readonly test: Uint32Array;
}

/** The fewest rows of a class, and of others. */
export const FEWEST_ROWS = 10;
/** The most rows of a class that are used: more would not change a probe of five features. */
const MOST_ROWS = 2048;
const TEST_SHARE = 0.2;
/** The streams of the seed per class: its rows, the others, the order of the training rows. */
const STREAMS = 3;

/**
 * Chooses the rows for the probes of each class, by the seed: a fifth for the test, half of each
 * part of the class. Undefined for a class with too few rows.
 */
export function probeRows(
  labels: ArrayLike<number>,
  seed: number,
): { classes: ProbeRows[]; skipped: number[] } {
  const byLabel = new Map<number, number[]>();
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row] as number;
    const rows = byLabel.get(label) ?? [];
    rows.push(row);
    byLabel.set(label, rows);
  }
  const classes: ProbeRows[] = [];
  const skipped: number[] = [];
  for (const [label, own] of [...byLabel].sort(([a], [b]) => a - b)) {
    const count = Math.min(own.length, labels.length - own.length, MOST_ROWS);
    if (count < FEWEST_ROWS) {
      skipped.push(label);
      continue;
    }
    const others = Uint32Array.from({ length: labels.length }, (_, row) => row).filter(
      (row) => labels[row] !== label,
    );
    const drawn = [Uint32Array.from(own), others].map((rows, stream) =>
      shuffled(rows, seed, STREAMS * label + stream).subarray(0, count),
    );
    const tested = Math.round(TEST_SHARE * count);
    const train = drawn.flatMap((rows) => [...rows.subarray(tested)]);
    const test = drawn.flatMap((rows) => [...rows.subarray(0, tested)]);
    classes.push({
      label,
      train: shuffled(Uint32Array.from(train), seed, STREAMS * label + 2),
      test: Uint32Array.from(test),
    });
  }
  return { classes, skipped };
}
