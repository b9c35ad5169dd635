/**
 * `npm test`: every check of this project, one after another, ending with one line of counts.
 *
 * What it needs it gets from the registries: npm's packages are there after `npm ci`; Python's go
 * into a venv of their own. Without Python the checks against the real gated-sae-tf are skipped,
 * and said to be; under CI nothing is skipped.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { preparePython, pythonIn } from './python';

const root = join(__dirname, '..');
const cache = join(root, '.cache');
const venv = join(root, '.venv');
const python = pythonIn(venv);
const requirements = join(root, 'python-interop', 'requirements.txt');
const fixtureMaker = join(root, 'python-interop', 'make_fixtures.py');
const roundTrip = join(root, 'python-interop', 'verify_round_trip.py');
const kerasFiles = join(root, 'python-interop', 'make_keras_files.py');
const galleryMaker = join(root, 'python-interop', 'make_gallery_fixtures.py');
const committed = join(root, 'test', 'parity', 'fixtures');

const counts = { passed: 0, failed: 0, skipped: 0 };
/** What failed, by name: said once more at the end, for a log that was cut off above. */
const failures: string[] = [];

/** Counts what failed, and keeps its name. */
function fail(name: string, count = 1): void {
  counts.failed += count;
  failures.push(name);
}

/** Runs a command in the open; true where it ended well. */
function run(command: string, args: string[], env: Record<string, string> = {}): boolean {
  const options = { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } } as const;
  return spawnSync(command, args, options).status === 0;
}

/** One check that counts as one test. */
function check(title: string, act: () => boolean): boolean {
  console.log(`\n── ${title}`);
  const start = performance.now();
  const passed = act();
  if (passed) counts.passed += 1;
  else fail(title);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${passed ? '✓' : '✗'} ${title} (${seconds} s)`);
  return passed;
}

function skip(title: string, reason: string): void {
  console.log(`\n── ${title}`);
  if (process.env['CI']) {
    console.log(`✗ ${title}: ${reason}. Under CI nothing is skipped.`);
    fail(`${title}: ${reason}`);
  } else {
    console.log(`– skipped: ${title}: ${reason}`);
    counts.skipped += 1;
  }
}

const tool = (name: string) => join(root, 'node_modules', '.bin', name);

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

/** Jest, whose own counts go into ours. */
function jest(title: string, args: string[], env: Record<string, string> = {}): void {
  console.log(`\n── ${title}`);
  const file = join(cache, 'jest.json');
  rmSync(file, { force: true });
  const passed = run(tool('jest'), [...args, '--json', `--outputFile=${file}`], env);
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

/** pytest, whose counts go into ours. */
function pytest(title: string, env: Record<string, string>): void {
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

/** Tests in a real browser, by Node's own runner: Chromium's package cannot be loaded by Jest. */
function browser(): void {
  console.log('\n── in a real browser');
  const folder = join(root, 'test', 'browser');
  const files = readdirSync(folder).filter((file) => file.endsWith('.test.mts'));
  // A test that waits for what never comes has to fail, not to wait for ever.
  const limits = ['--test-timeout=300000', '--test-concurrency=2'];
  const args = ['--import', 'tsx', '--test', '--test-reporter=tap', ...limits];
  const { stdout } = spawnSync('node', [...args, ...files.map((file) => join(folder, file))], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  console.log(stdout.replace(/^ +---\n +duration_ms[^\n]*\n +\.\.\.\n/gm, ''));
  const count = (what: string) =>
    Number(stdout.match(new RegExp(`^# ${what} (\\d+)`, 'm'))?.[1] ?? 0);
  counts.passed += count('pass');
  counts.failed += count('fail') + count('cancelled');
  counts.skipped += count('skipped') + count('todo');
  if (count('tests') === 0) fail('in a real browser: no test ran');
  for (const [, name] of stdout.matchAll(/^ *not ok \d+ - ([^\n]*)/gm)) failures.push(String(name));
}

function againstPython(): void {
  const title = 'against the real gated-sae-tf';
  if (!preparePython(venv, requirements)) {
    skip(title, 'no Python from 3.11 to 3.13 with venv, or its packages cannot be installed');
    return;
  }
  const quiet = { TF_CPP_MIN_LOG_LEVEL: '3', CUDA_VISIBLE_DEVICES: '' };
  check('fixtures are what Python computes today', () =>
    run(python, [fixtureMaker, 'check', '--against', committed], quiet),
  );
  check('the galleries are what Python draws today', () =>
    run(python, [galleryMaker, 'check', '--against', join(committed, 'galleries')], quiet),
  );
  check('.keras files are what Keras writes today', () =>
    run(
      python,
      [kerasFiles, 'check', '--against', join(root, 'test', 'io', 'keras', 'fixtures')],
      quiet,
    ),
  );
  check('every .keras file there and back, through Python and through the command line', () =>
    run(python, [roundTrip, join(root, 'test', 'io', 'keras', 'fixtures', 'keras-3.15')], quiet),
  );
  jest('training that goes on across Python and here', ['--selectProjects', 'interop'], {
    GATED_SAE_PYTHON: python,
  });
  pytest('the scripts for the Python side', quiet);
  const images = join(cache, 'images.u8');
  const full = join(cache, 'full');
  const made = check('a trained state of full size, made by Python', () => {
    const exported = run(tool('tsx'), [join('test', 'parity', 'exportImages.ts'), images]);
    const args = [fixtureMaker, 'full', '--out', full, '--images', images];
    return exported && run(python, args, quiet);
  });
  if (made) {
    jest('ten steps of full size from that state', ['--selectProjects', 'full'], {
      GATED_SAE_FULL: full,
    });
  }
}

function printFigures(): void {
  const folder = join(cache, 'parity');
  if (!existsSync(folder)) return;
  for (const file of readdirSync(folder).sort()) {
    const { title, rows } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
      title: string;
      rows: { quantity: string; value: number; limit: number }[];
    };
    console.log(`\n${title}: largest difference, and what is allowed`);
    for (const { quantity, value, limit } of rows) {
      console.log(
        `  ${quantity.padEnd(52)} ${value.toExponential(1)}  ≤ ${limit.toExponential(0)}`,
      );
    }
  }
}

mkdirSync(cache, { recursive: true });
rmSync(join(cache, 'parity'), { recursive: true, force: true });
// First, for it makes a source file: the kernels.
const built = check('build', () => run('npm', ['run', '--silent', 'build']));
check('types', () => run(tool('tsc'), ['--noEmit']));
check('lint, format, direction of imports', () =>
  run(tool('biome'), ['check', '--error-on-warnings']),
);
check('reference from the docstrings, without a warning', () =>
  run('npm', ['run', '--silent', 'docs']),
);
if (built) {
  check('publint', () => run(tool('publint'), ['--strict']));
  check('are the types wrong?', () => run(tool('attw'), ['--pack', '.']));
}
if (built) browser();
jest('unit, conformance, parity, hostile input, command line, examples', [
  '--selectProjects',
  'cpu',
  'wasm',
  'node',
  'docs',
]);
againstPython();
printFigures();

if (failures.length > 0) console.log(['\nFailed:', ...failures].join('\n  '));
const { passed, failed, skipped } = counts;
const rest = skipped > 0 ? `, ${skipped} skipped` : '';
console.log(`\ntests: ${passed} passed, ${failed} failed${rest}`);
process.exitCode = failed > 0 ? 1 : 0;
