import { differentRows } from '../../errors';

/** What is given beside the rows, so many that each row has one: `labels`, `tokens`. */
export type RowCounts = Readonly<Record<string, number | undefined>>;

/** @throws SAE_DATA where there are more rows already than something else. */
export function checkNotMore(where: string, counts: RowCounts, rows: number): void {
  for (const [what, count] of Object.entries(counts)) {
    if (count !== undefined && rows > count) {
      throw differentRows(where, what, count, `at least ${rows}`);
    }
  }
}

/** @throws SAE_DATA where there are not as many rows as there is of something else. */
export function checkEqual(where: string, counts: RowCounts, rows: number): void {
  for (const [what, count] of Object.entries(counts)) {
    if (count !== undefined && rows !== count) throw differentRows(where, what, count, rows);
  }
}
