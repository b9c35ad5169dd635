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
 * Reads what {@link lossCsv} wrote, up to a step: what was measured after the weights were saved
 * is measured again.
 *
 * @throws SAE_FILE where the table is damaged or ends before that step.
 */
export function readLossCsv(file: string, text: string, steps: number): LossRow[] {
  const [header = '', ...lines] = text.trimEnd().split(/\r?\n/);
  const columns = header.split(',');
  const rows = lines.slice(0, steps).map((line) => {
    const values = line.split(',').map(Number);
    return Object.fromEntries(columns.map((column, i) => [column, values[i]])) as LossRow;
  });
  const sound =
    rows.length === steps &&
    LEADING.every((name, i) => columns[i] === name) &&
    rows.every((row, i) => row.step === i + 1 && Object.values(row).every(Number.isFinite));
  if (sound) return rows;
  throw badFile(
    file,
    `the losses of steps 1 to ${steps}`,
    `${lines.length} lines, some of them missing or changed`,
    'Put the file back as it was, or begin anew with --overwrite.',
  );
}
