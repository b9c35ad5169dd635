import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cache } from '../run/places';
import type { Cell } from './cell.mts';

const folder = join(cache, 'matrix');

/** What an earlier run has found is gone. */
export const forgetTable = (): void => rmSync(folder, { recursive: true, force: true });

/** Prints what was tried with what: ✓ and how long it took, ✗ where it failed. */
export function printTable(): void {
  if (!existsSync(folder)) return;
  const cells = readdirSync(folder).map(
    (file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Cell,
  );
  const sorted = (key: 'row' | 'column') => [...new Set(cells.map((cell) => cell[key]))].sort();
  const [rows, columns] = [sorted('row'), sorted('column')];
  const width = Math.max(...rows.map((row) => row.length));
  const line = (first: string, rest: readonly string[]) =>
    console.log(`  ${first.padEnd(width)}  ${rest.map((text) => text.padEnd(12)).join('  ')}`);
  console.log('\nThe package, installed');
  line('', columns);
  for (const row of rows) {
    const texts = columns.map((column) => {
      const cell = cells.find((one) => one.row === row && one.column === column);
      return cell ? `${cell.passed ? '✓' : '✗'} ${cell.seconds.toFixed(1)} s` : '';
    });
    line(row, texts);
  }
}
