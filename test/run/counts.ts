/** What passed and what failed in a suite of this project, and the one line at its end. */

/** A suite's tests, by how they ended; `failures` names those that failed. */
interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  failures: string[];
}

/** What this process has counted so far. */
export const counts: Counts = { passed: 0, failed: 0, skipped: 0, failures: [] };

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

/** Ends a suite: names once more what failed, prints the counts, sets the process's status. */
export function end(): void {
  const { passed, failed, skipped, failures } = counts;
  if (failures.length > 0) console.log(['\nFailed:', ...failures].join('\n  '));
  const rest = skipped > 0 ? `, ${skipped} skipped` : '';
  console.log(`\ntests: ${passed} passed, ${failed} failed${rest}`);
  process.exitCode = failed > 0 ? 1 : 0;
}
