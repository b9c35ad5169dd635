/** Screened steps are unscreened ones bit for bit in a page too, whose kernels are those of relaxed SIMD. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ISOLATED } from './chromium.mts';
import { runOn } from './numeric/backendBrowser.mts';
import { bundle, RUNNER } from './numeric/bundle.mts';

const FILE = 'test/kernels/screening.test.ts';

test('screening changes no bit in Chromium', async (context) => {
  const address = await bundle('screening', [FILE]);
  const file = { path: FILE, runner: address(RUNNER), modules: [address(FILE)], timeout: 120_000 };
  const { outcomes, complaints } = await runOn(undefined, file, ISOLATED);
  assert.deepEqual(complaints, []);
  assert.ok(outcomes.length > 5);
  for (const { name, status, errors } of outcomes) {
    await context.test(name, () => assert.equal(status, 'passed', errors.join('\n')));
  }
});
