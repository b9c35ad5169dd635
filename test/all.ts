/**
 * `npm run test:all`, which is what CI runs: both suites, whatever the first one finds, ending with
 * one line of counts over both. With `--built`, of the `dist` that is there.
 */
import { run } from './run/check';
import { type Counts, forgetCounts, noCounts, printCounts, readCounts } from './run/counts';

const total = noCounts();
let allWell = true;
for (const [suite, script, ...args] of [
  ['test', 'test', '--', ...process.argv.slice(2)],
  ['matrix', 'test:matrix', '--', '--built'],
] as const) {
  console.log(`\n━━ npm run ${script}`);
  forgetCounts(suite);
  const well = run('npm', ['run', script, ...args]);
  add(readCounts(suite) ?? { ...noCounts(), failed: 1, failures: [`npm run ${script} broke off`] });
  allWell &&= well;
}
// A suite that says that all is well, and ends otherwise, is not well.
if (!allWell && total.failed === 0) add({ ...noCounts(), failed: 1, failures: ['exit status'] });
printCounts(total);
process.exitCode = total.failed > 0 ? 1 : 0;

function add(counts: Counts): void {
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
  total.failures.push(...counts.failures);
}
