/** What `npm publish` would say, without sending anything. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { NAME, root } from './packed.mts';

/** Whoever tries it out need not be logged in. */
const NOT_LOGGED_IN = /requires you to be logged in/;

test('npm publish has nothing to warn of, and nothing to correct', () => {
  const { status, stderr, stdout } = spawnSync(
    'npm',
    ['publish', '--dry-run', '--ignore-scripts', '--loglevel=notice'],
    { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' },
  );
  const warnings = stderr
    .split('\n')
    .filter((line) => /^npm (warn|error)/i.test(line) && !NOT_LOGGED_IN.test(line));
  assert.deepEqual(warnings, []);
  assert.equal(status, 0, stderr);
  assert.match(stdout, new RegExp(`\\+ ${NAME}@`));
  assert.match(stderr, /with tag latest and public access/);
});
