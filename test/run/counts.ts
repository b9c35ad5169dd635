/** What passed and what failed in a suite of this project, and the one line at its end. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cache } from './places';

/** A suite's tests, by how they ended; `failures` names those that failed. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  failures: string[];
}

export const noCounts = (): Counts => ({ passed: 0, failed: 0, skipped: 0, failures: [] });

/** What this process has counted so far. */
export const counts = noCounts();

/** Counts what failed, and keeps its name. */
export function fail(name: string, count = 1): void {
  counts.failed += count;
  counts.failures.push(name);
}

/** Says that something was left out, and why. Under CI nothing is. */
export function skip(title: string, reason: string): void {
  console.log(`\n── ${title}`);
  if (process.env['CI']) {
    console.log(`✗ ${title}: ${reason}. Under CI nothing is skipped.`);
    fail(`${title}: ${reason}`);
  } else {
    console.log(`– skipped: ${title}: ${reason}`);
    counts.skipped += 1;
  }
}

/** Names once more what failed, for a log that was cut off above, and ends with the counts. */
export function printCounts({ passed, failed, skipped, failures }: Counts): void {
  if (failures.length > 0) console.log(['\nFailed:', ...failures].join('\n  '));
  const rest = skipped > 0 ? `, ${skipped} skipped` : '';
  console.log(`\ntests: ${passed} passed, ${failed} failed${rest}`);
}

const fileOf = (suite: string): string => join(cache, `counts-${suite}.json`);

/** What an earlier run of a suite has counted is gone: one that breaks off leaves none. */
export function forgetCounts(suite: string): void {
  mkdirSync(cache, { recursive: true });
  rmSync(fileOf(suite), { force: true });
}

/** Ends a suite: prints its counts, leaves them for `readCounts`, sets the process's status. */
export function end(suite: string): void {
  printCounts(counts);
  writeFileSync(fileOf(suite), JSON.stringify(counts));
  process.exitCode = counts.failed > 0 ? 1 : 0;
}

/** What a suite has counted in a process of its own; `undefined` where it broke off. */
export function readCounts(suite: string): Counts | undefined {
  const file = fileOf(suite);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Counts) : undefined;
}
