import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { filesOn } from '../backends/numericFiles.mts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const RESULT = join(root, '.cache', 'jest-tensorflow.json');

interface Result {
  testResults: {
    name: string;
    message: string;
    assertionResults: { fullName: string; status: string; failureMessages: string[] }[];
  }[];
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const options = {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: { ...process.env, ...env },
  } as const;
  return spawnSync(command, args, options);
}

/** Builds tfjs-node's binding as a user would, from the TensorFlow of the tests against Python. */
function buildBinding(): void {
  const venv = join(root, '.venv');
  const python = existsSync(venv) ? ['--python', venv] : [];
  const built = run(process.execPath, [join(root, 'dist', 'cli.mjs'), 'native', ...python]);
  assert.equal(built.status, 0, `${built.stdout}\n${built.stderr}`);
}

describe('in Node on tensorflow', () => {
  let result: Result;
  before(() => {
    buildBinding();
    rmSync(RESULT, { force: true });
    const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
    const args = ['--selectProjects', 'tensorflow', '--json', `--outputFile=${RESULT}`];
    // Two processes of one thread each: the tests' tensors are too small to share.
    const threads = { TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '1' };
    const { stderr } = run(process.execPath, [jest, ...args, '-w', '2'], threads);
    assert.ok(existsSync(RESULT), stderr);
    result = JSON.parse(readFileSync(RESULT, 'utf8')) as Result;
  });

  for (const file of filesOn('tensorflow')) {
    it(`tensorflow: ${file}`, async (context) => {
      const of = result.testResults.find(({ name }) => relative(root, name) === file);
      assert.ok(of && of.assertionResults.length > 0, of?.message ?? 'it did not run');
      for (const { fullName, status, failureMessages } of of.assertionResults) {
        await context.test(fullName, { skip: status === 'pending' }, () => {
          assert.equal(status, 'passed', failureMessages.join('\n'));
        });
      }
    });
  }
});
