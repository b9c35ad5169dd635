import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cache } from './places';

/** Tests leave here what they have measured. */
const parity = join(cache, 'parity');
const others = join(cache, 'figures');

interface Figures {
  title: string;
  /** Of each value and limit; without one they are differences. */
  unit?: string;
  rows: { quantity: string; value: number; limit: number }[];
}

/**
 * What an earlier run has measured is gone.
 *
 * @param backend whose figures alone; those of all by default
 */
export function forgetFigures(backend = ''): void {
  mkdirSync(cache, { recursive: true });
  for (const folder of [parity, others]) {
    for (const file of existsSync(folder) ? readdirSync(folder) : []) {
      if (file.endsWith(`${backend && `-${backend}`}.json`)) rmSync(join(folder, file));
    }
  }
}

/** Prints how far this run's numbers were from Python's, what else was measured, and the limits. */
export function printFigures(): void {
  for (const { title, unit, rows } of [...figuresIn(parity), ...figuresIn(others)]) {
    console.log(`\n${title}: ${unit ?? 'largest difference'}, and what is allowed`);
    for (const { quantity, value, limit } of rows) {
      const [is, most] =
        unit === undefined
          ? [value.toExponential(1), limit.toExponential(0)]
          : [value.toFixed(1), String(limit)];
      console.log(`  ${quantity.padEnd(52)} ${is}  ≤ ${most}`);
    }
  }
}

const figuresIn = (folder: string): Figures[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .sort()
        .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Figures)
    : [];
