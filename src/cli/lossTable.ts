import { badFile } from '../errors';
import type { LossRow } from '../viz/lossCurve';

const LEADING = ['epoch', 'step'];

/** The rows as CSV, with every digit, so that reading them back gives the same numbers. */
export function lossCsv(rows: readonly LossRow[]): string {
  const columns = Object.keys(rows[0] ?? Object.fromEntries(LEADING.map((name) => [name, 0])));
  const lines = rows.map((row) => columns.map((column) => row[column]).join(','));
  return [columns.join(','), ...lines, ''].join('\n');
}

/**
 * Refuses losses of other steps than a run has taken.
 *
 * @throws SAE_FILE
 */
export function assertLosses(file: string, rows: readonly LossRow[], steps: number): void {
  const isSound = (row: LossRow, i: number) =>
    row !== null && row.step === i + 1 && Object.values(row).every(Number.isFinite);
  if (rows.length === steps && rows.every(isSound)) return;
  const received = `${rows.length} rows, some of them of other steps`;
  throw badFile(
    file,
    `the losses of steps 1 to ${steps}`,
    received,
    'Begin anew with --overwrite.',
  );
}
