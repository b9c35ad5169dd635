/** Screened steps are unscreened ones bit for bit in a page too, whose kernels are those of relaxed SIMD. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ISOLATED } from './chromium.mts';
import { runOn } from './numeric/backendBrowser.mts';
import { reportEach } from './numeric/backendTests.mts';
import { bundle, RUNNER } from './numeric/bundle.mts';

const FILE = 'test/kernels/screening.test.ts';

test('screening changes no bit in Chromium', async (context) => {
  const address = await bundle('screening', [FILE]);
  const file = { path: FILE, runner: address(RUNNER), modules: [address(FILE)], timeout: 120_000 };
  const ran = await runOn([], file, ISOLATED);
  assert.ok(ran.outcomes.length > 5);
  assert.ok(ran.outcomes.every(({ status }) => status !== 'skipped'));
  await reportEach(context, ran);
});
