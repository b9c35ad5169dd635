import type { PageEntry } from '../pageData';
import { bar, barRow, barTable } from './bars';
import type { DashboardData } from './dashboardData';
import { tenthPercent } from './numbers';
import { foldedText } from './strangersText';

/** Less than this is rounding, and no further class. */
const NOTHING = 5e-4;

/** The classes of the rows on which a feature fires, as bars. */
export function classShares(data: DashboardData, { classes = [] }: PageEntry): HTMLElement {
  const rest = 1 - classes.reduce((sum, { share }) => sum + share, 0);
  const rows = classes.map(({ label, share }) =>
    barRow(foldedText(data.className(label), 28), bar(share), tenthPercent(share)),
  );
  if (rest > NOTHING) rows.push(barRow('others', bar(rest, 'rest'), tenthPercent(rest)));
  return barTable('Share of the rows on which it fires, by class', rows);
}
