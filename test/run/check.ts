/** Checks that count as one test each: a command that ends well. */
import { spawnSync } from 'node:child_process';
import { counts, fail } from './counts';
import { root } from './places';

/** Runs a command in the open; true where it ended well. */
export function run(command: string, args: string[], env: Record<string, string> = {}): boolean {
  const options = { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } } as const;
  return spawnSync(command, args, options).status === 0;
}

/** One check that counts as one test. */
export function check(title: string, act: () => boolean): boolean {
  console.log(`\n── ${title}`);
  const start = performance.now();
  const passed = act();
  if (passed) counts.passed += 1;
  else fail(title);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${passed ? '✓' : '✗'} ${title} (${seconds} s)`);
  return passed;
}
