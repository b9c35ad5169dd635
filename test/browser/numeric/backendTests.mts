/** The numeric tests on a backend that only a browser has, for Node's own test runner. */
import assert from 'node:assert/strict';
import { before, describe, it, type TestContext } from 'node:test';
import { filesOn } from '../../backends/numericFiles.mts';
import { BROWSER_BACKENDS, type BrowserBackend, runOn } from './backendBrowser.mts';
import { bundle, RUNNER } from './bundle.mts';

/** Of one test, in milliseconds: a machine may draw with few slow cores. */
const TIMEOUT = 240_000;

/** Has every numeric file run in a page on that backend, each of its tests reported by its name. */
export function testBackend(backend: BrowserBackend): void {
  const files = filesOn(backend);
  const setup = [`test/setup/${backend}.ts`, 'test/setup/refused.ts'];
  describe(`in a browser on ${backend}`, () => {
    let address: (file: string) => string;
    before(async () => {
      address = await bundle(backend, [...setup, ...files]);
    });

    for (const file of files) {
      it(`${backend}: ${file}`, async (context) => {
        const ran = await runOn(BROWSER_BACKENDS[backend], {
          path: file,
          runner: address(RUNNER),
          modules: [...setup, file].map(address),
          timeout: TIMEOUT,
        });
        await reportEach(context, ran);
      });
    }
  });
}

/** Reports each test that has run in a page by its name, as one within this one. */
export async function reportEach(
  context: TestContext,
  { outcomes, complaints }: Awaited<ReturnType<typeof runOn>>,
): Promise<void> {
  assert.deepEqual(complaints, []);
  assert.ok(outcomes.length > 0, 'no test ran');
  for (const { name, status, errors } of outcomes) {
    await context.test(name, { skip: status === 'skipped' }, () => {
      assert.equal(status, 'passed', errors.join('\n'));
    });
  }
}
