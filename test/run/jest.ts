import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { run } from './check';
import { counts, fail } from './counts';
import { cache, root, tool } from './places';

/** What is read of Jest's own account. */
interface JestResult {
  numPassedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: {
    name: string;
    status: string;
    assertionResults: { status: string; fullName: string }[];
  }[];
}

/** Jest would leave one of two cores idle; beside another file's, a test may take longer. */
const ON_TWO_CORES = ['--maxWorkers=2', '--testTimeout=30000'];

/** Jest, whose own counts go into ours; by a node and its flags, where it is not this one. */
export function jest(
  title: string,
  args: string[],
  env: Record<string, string> = {},
  node: readonly string[] = [process.execPath],
): void {
  console.log(`\n── ${title}`);
  const file = join(cache, 'jest.json');
  rmSync(file, { force: true });
  const output = ['--json', `--outputFile=${file}`];
  const [command, ...flags] = [...node, join(root, 'node_modules', 'jest', 'bin', 'jest.js')];
  const passed = run(command as string, [...flags, ...args, ...ON_TWO_CORES, ...output], env);
  const before = counts.failed;
  if (existsSync(file)) {
    const result = JSON.parse(readFileSync(file, 'utf8')) as JestResult;
    counts.passed += result.numPassedTests;
    counts.skipped += result.numPendingTests + result.numTodoTests;
    for (const { name, status, assertionResults } of result.testResults) {
      const fallen = assertionResults.filter((test) => test.status === 'failed');
      for (const { fullName } of fallen) fail(`${relative(root, name)}: ${fullName}`);
      // One that could not even start.
      if (status === 'failed' && fallen.length === 0) fail(relative(root, name));
    }
  }
  if (!passed && counts.failed === before) fail(title);
}

/** Jest in another version of Node, and with flags of V8. */
export function inNode(
  version: '20' | '24',
  title: string,
  args: string[],
  flags: readonly string[] = [],
): void {
  const install = [join('test', 'matrix', 'installNodes.mts'), version];
  const { stdout, status } = spawnSync(tool('tsx'), install, { cwd: root, encoding: 'utf8' });
  if (status !== 0) {
    fail(`${title}: Node ${version} cannot be installed`);
    return;
  }
  jest(title, args, {}, [stdout.trim(), ...flags]);
}
