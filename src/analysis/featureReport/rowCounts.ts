import { differentRows } from '../../errors';

/** The lengths of data with one entry per row: `labels`, `tokens`. */
export type RowCounts = Readonly<Record<string, number | undefined>>;

/** @throws SAE_DATA if there are already more rows than entries. */
export function checkNotMore(where: string, counts: RowCounts, rows: number): void {
  for (const [what, count] of Object.entries(counts)) {
    if (count !== undefined && rows > count) {
      throw differentRows(where, what, count, `at least ${rows}`);
    }
  }
}

/** @throws SAE_DATA if the numbers of rows and entries differ. */
export function checkEqual(where: string, counts: RowCounts, rows: number): void {
  for (const [what, count] of Object.entries(counts)) {
    if (count !== undefined && rows !== count) throw differentRows(where, what, count, rows);
  }
}
