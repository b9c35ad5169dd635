/**
 * The tests of matrix products that tfjs-core brings in its package, on the wasm backend: as tfjs
 * is, and with our kernel. They are written for Jasmine, so the real one runs them.
 */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { useFastMatMul } from '../../src/math/matMul';

const require = createRequire(import.meta.url);

/**
 * What tfjs's own wasm kernels do not compute, with our kernel or without it, and what they say.
 * The setup_test.ts of tfjs-backend-wasm leaves the same tests out, as "upcasts", "2d bias" and "broadcasted bias".
 */
const RANK_1_BIAS = '_FusedMatMul only supports rank-1 bias but got rank 2.';
const NOT_ON_WASM: Readonly<Record<string, string>> = {
  'matmul wasm {} upcasts when dtypes dont match':
    'BatchMatMul for non non-float32 tensors not yet supported.',
  'fused matmul wasm {} fused A x B with 2d bias and relu': RANK_1_BIAS,
  'fused matmul wasm {} fused A x B with relu and broadcasted bias different rank': RANK_1_BIAS,
  'fused matmul wasm {} fused A x B with 2d bias only': RANK_1_BIAS,
};

interface Spec {
  fullName: string;
  status: string;
  failedExpectations: { message: string }[];
}
interface Jasmine {
  getEnv(): {
    configure(how: { random: boolean }): void;
    addReporter(reporter: { specDone(spec: Spec): void }): void;
    execute(): Promise<unknown>;
  };
}

const { boot } = require('jasmine-core') as { boot(fresh: boolean): Jasmine };
const tf = require('@tensorflow/tfjs') as typeof import('@tensorflow/tfjs');
require('@tensorflow/tfjs-backend-wasm');
await tf.setBackend('wasm');
const { setTestEnvs } = require('@tensorflow/tfjs-core/dist/jasmine_util.js');
setTestEnvs([{ name: 'wasm', backendName: 'wasm', isDataSync: true }]);

/** Runs tfjs's tests: the names of all, and of each that failed what it says. */
async function runAll(): Promise<{ names: string[]; failed: Record<string, string> }> {
  const names: string[] = [];
  const failed: Record<string, string> = {};
  const jasmine = boot(true).getEnv(); // puts describe, it and expect into this process
  for (const file of ['mat_mul_test', 'fused/fused_mat_mul_test']) {
    const path = require.resolve(`@tensorflow/tfjs-core/dist/ops/${file}.js`);
    delete require.cache[path]; // whose tests another run has taken
    require(path);
  }
  jasmine.configure({ random: false });
  jasmine.addReporter({
    specDone: ({ fullName, failedExpectations, status }) => {
      names.push(fullName);
      const messages = failedExpectations.map(({ message }) => message.replace(/^Error: /, ''));
      if (status !== 'passed') failed[fullName] = messages.join('; ') || status;
    },
  });
  await jasmine.execute();
  return { names, failed };
}
const multiply = () => tf.getKernel('BatchMatMul', 'wasm')?.kernelFunc;

const byTfjs = await runAll();
const theirs = multiply();
await tf.setBackend('wasm');
useFastMatMul();
const ours = multiply();
const byOurs = await runAll();

test("tfjs's tests ran, all of them by our kernel too", () => {
  assert.ok(byTfjs.names.length >= 93, `${byTfjs.names.length} tests`);
  assert.deepEqual(byOurs.names, byTfjs.names);
  assert.notEqual(ours, theirs);
  assert.equal(multiply(), ours);
});

test("by tfjs's kernel all passes but what it is known not to compute", () => {
  assert.deepEqual(byTfjs.failed, NOT_ON_WASM);
});

test('by our kernel the same passes', () => {
  assert.deepEqual(byOurs.failed, NOT_ON_WASM);
});
