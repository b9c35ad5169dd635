import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './check';
import { counts, fail } from './counts';
import { cache, root } from './places';

/** pytest, run by an interpreter that has it; its counts go into ours. */
export function pytest(title: string, python: string, env: Record<string, string>): void {
  console.log(`\n── ${title}`);
  const file = join(cache, 'pytest.xml');
  rmSync(file, { force: true });
  const tests = join(root, 'python-interop', 'tests');
  const args = ['-m', 'pytest', '-q', tests, `--junitxml=${file}`, '-p', 'no:cacheprovider'];
  const passed = run(python, args, env);
  const report = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const count = (what: string) => Number(report.match(new RegExp(`${what}="(\\d+)"`))?.[1] ?? 0);
  const [failed, skipped] = [count('errors') + count('failures'), count('skipped')];
  counts.passed += count('tests') - failed - skipped;
  counts.skipped += skipped;
  if (!passed) fail(title, Math.max(1, failed));
}
