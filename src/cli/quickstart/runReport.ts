import type { RowDataset } from '../../activations/rows';
import { commandLine } from '../invocation';
import * as training from '../training/runReport';
import { count } from '../wording';
import type { SavedRun } from './runFolder';
import type { Settings } from './settings';

/** The results of a run: the contents of report.json. */
export interface RunReport extends training.RunReport<Settings> {
  /** The number of images measured; none were used in training. */
  heldOutImages: number;
}

/** Measures a trained run on images that training has not seen. */
export const runReport = async (
  run: SavedRun,
  heldOut: RowDataset,
  heldOutImages: number,
): Promise<RunReport> => ({ ...(await training.runReport(run, heldOut)), heldOutImages });

/** Formats the report as a small table. */
export function reportTable(report: RunReport, out: string): string {
  const { recipe, architecture, encodingDim } = report.settings;
  const quickstart = (words: readonly string[]) =>
    commandLine('quickstart', ['--recipe', recipe, ...words, '--out', out, '--overwrite']);
  const size = ['--architecture', architecture, '--encoding-dim', String(encodingDim)];
  return training.reportTable(report, {
    title: `What the dictionary does with ${count(report.heldOutImages)} images that it was not trained on`,
    row: 'image',
    again: (more) => quickstart([...size, ...more]),
    insteadOfDense: [
      '',
      'Or look at a smaller dictionary first, within half a minute:',
      '',
      `  ${quickstart(['--quick'])}`,
    ],
  });
}
