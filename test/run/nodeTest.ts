import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { counts, fail } from './counts';
import { root } from './places';

/** How a folder's tests are run. */
interface Limits {
  /** Files at once. */
  concurrency: number;
  /** A test that waits for what never comes has to fail, not to wait for ever. */
  seconds: number;
}

/** The `*.test.mts` of a folder of test/, by Node's own runner: Jest cannot load Chromium's package. */
export function nodeTest(title: string, folder: string, { concurrency, seconds }: Limits): void {
  console.log(`\n── ${title}`);
  const path = join(root, 'test', folder);
  const files = readdirSync(path).filter((file) => file.endsWith('.test.mts'));
  const limits = [`--test-timeout=${seconds * 1000}`, `--test-concurrency=${concurrency}`];
  const args = ['--import', 'tsx', '--test', '--test-reporter=tap', ...limits];
  const { stdout } = spawnSync('node', [...args, ...files.map((file) => join(path, file))], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  console.log(stdout.replace(/^ +---\n +duration_ms[^\n]*\n +\.\.\.\n/gm, ''));
  const count = (what: string) =>
    Number(stdout.match(new RegExp(`^# ${what} (\\d+)`, 'm'))?.[1] ?? 0);
  counts.passed += count('pass');
  counts.failed += count('fail') + count('cancelled');
  counts.skipped += count('skipped') + count('todo');
  if (count('tests') === 0) fail(`${title}: no test ran`);
  for (const [, name] of stdout.matchAll(/^ *not ok \d+ - ([^\n]*)/gm)) {
    counts.failures.push(String(name));
  }
}
