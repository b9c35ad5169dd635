/** A test that is a cell of the table which `npm run test:matrix` prints. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../package/packed.mts';

/** As test/matrix/table.ts reads it. */
export interface Cell {
  row: string;
  column: string;
  passed: boolean;
  seconds: number;
}

const folder = join(root, '.cache', 'matrix');

/** Whether something works (`row`) with something (`column`). */
export function cell(row: string, column: string, act: () => Promise<void>): void {
  test(`${row}, with ${column}`, async () => {
    const start = performance.now();
    let passed = false;
    try {
      await act();
      passed = true;
    } finally {
      const seconds = (performance.now() - start) / 1000;
      await mkdir(folder, { recursive: true });
      const name = `${column} ${row}`.replace(/[^a-z0-9.]+/gi, '-');
      const told: Cell = { row, column, passed, seconds };
      await writeFile(join(folder, `${name}.json`), JSON.stringify(told));
    }
  });
}
