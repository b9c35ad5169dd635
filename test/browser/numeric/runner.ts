/**
 * Jest's own circus, `expect` and mocks in a page: runs test files as they are.
 */
import { expect } from 'expect';
import * as circus from 'jest-circus';
import { ModuleMocker } from 'jest-mock';

/** What became of one test. */
export interface Outcome {
  /** As Jest has it: the titles of all that it stands in, and its own. */
  name: string;
  status: 'passed' | 'failed' | 'skipped';
  milliseconds: number;
  errors: string[];
}

/**
 * Runs what these modules define, in this order; the first one is a backend's setup.
 *
 * @param testPath of the file, as tests are told it
 * @param timeout of a test, in milliseconds
 */
export async function run(
  testPath: string,
  modules: readonly string[],
  timeout: number,
): Promise<Outcome[]> {
  const mocker = new ModuleMocker(globalThis);
  const jest = {
    fn: mocker.fn.bind(mocker),
    spyOn: mocker.spyOn.bind(mocker),
    restoreAllMocks: () => mocker.restoreAllMocks(),
  };
  const { describe, test, it, beforeAll, beforeEach, afterAll, afterEach } = circus;
  const globals = { describe, test, it, beforeAll, beforeEach, afterAll, afterEach, expect, jest };
  Object.assign(globalThis, globals);
  expect.setState({ testPath });
  circus.resetState();
  circus.getState().testTimeout = timeout;
  for (const module of modules) await import(module);
  const { testResults, unhandledErrors } = await circus.run();
  if (unhandledErrors.length > 0) throw new Error(unhandledErrors.join('\n'));
  return testResults.map(({ testPath, status, duration, errors }) => ({
    name: testPath.slice(1).join(' '), // the first is the root's
    status: status === 'done' ? (errors.length > 0 ? 'failed' : 'passed') : 'skipped',
    milliseconds: duration ?? 0,
    errors,
  }));
}
