import type { RowDataset } from '../../activations/rows';
import type { SavedRun } from '../training/runFolder';
import * as training from '../training/runReport';
import { count } from '../wording';
import { OPTION_OF, type Settings } from './settings';

/** The results of a run: the contents of report.json. */
export interface RowsReport extends training.RunReport<Settings> {
  /** The number of rows measured. */
  measuredRows: number;
  /** Whether none of them were used in training. */
  heldOut: boolean;
}

/** Measures a trained run. */
export const rowsReport = async (
  run: SavedRun<Settings>,
  rows: RowDataset,
  measuredRows: number,
): Promise<RowsReport> => ({
  ...(await training.runReport(run, rows)),
  measuredRows,
  heldOut: run.settings.validation > 0,
});

/**
 * Formats the report as a small table.
 *
 * @param train the command that trains on the same data, with more options
 */
export function reportTable(
  report: RowsReport,
  train: (more: readonly string[]) => string,
): string {
  const { settings, measuredRows, heldOut } = report;
  const { recipe, architecture, encodingDim } = settings;
  const which = heldOut ? 'rows that it was not trained on' : 'of the rows that it was trained on';
  const size = [`--${OPTION_OF.encodingDim}`, String(encodingDim)];
  return training.reportTable(report, {
    title: `What the dictionary does with ${count(measuredRows)} ${which}`,
    row: 'row',
    again: (more) => train(['--recipe', recipe, '--architecture', architecture, ...size, ...more]),
  });
}
