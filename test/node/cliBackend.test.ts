import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../src/cli/backend';
import { useBackend as useBackendOfNode } from '../../src/node';

/** A folder outside this project, in which packages can be pretended. */
let folder: string;
const warn = jest.fn();

beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'gated-sae-backend-'));
  warn.mockClear();
});
afterEach(async () => {
  await fs.rm(folder, { recursive: true, force: true });
  await tf.setBackend('wasm');
});

async function pretend(name: string, code: string): Promise<void> {
  const home = join(folder, 'node_modules', ...name.split('/'));
  await fs.mkdir(home, { recursive: true });
  await fs.writeFile(join(home, 'index.js'), code);
}

test('auto takes the fastest that is here', async () => {
  expect(await useBackend('auto', [__dirname], warn)).toBe('wasm');
  expect(tf.getBackend()).toBe('wasm');
  expect(warn).not.toHaveBeenCalled();
});

test('takes the one that is named', async () => {
  expect(await useBackend('cpu', [__dirname], warn)).toBe('cpu');
  expect(tf.getBackend()).toBe('cpu');
  expect(warn).not.toHaveBeenCalled();
});

test.each([
  ['tensorflow', 'npx gated-sae native'],
  ['wasm', 'npm install @tensorflow/tfjs-backend-wasm'],
  ['cpu', 'npm install @tensorflow/tfjs'],
  ['auto', 'npm install @tensorflow/tfjs-backend-wasm'],
] as const)('%s, not installed, says what to install', async (wanted, install) => {
  await expect(useBackend(wanted, [folder], warn)).toBeRefused(
    'SAE_MISSING',
    `--backend ${wanted}`,
    `expected a package that brings it; it is not here. Run ${install}.`,
  );
});

test('auto is content with cpu: the sparse step is as fast there', async () => {
  await pretend('@tensorflow/tfjs-backend-cpu', '');
  expect(await useBackend('auto', [folder], warn)).toBe('cpu');
  expect(warn).not.toHaveBeenCalled();
});

test('auto goes on to the next where one does not start, and says so', async () => {
  await pretend('@tensorflow/tfjs-node-gpu', 'throw new Error("no binding\\nfor this machine")');
  expect(await useBackend('auto', [folder, __dirname], warn)).toBe('wasm');
  expect(warn.mock.calls).toEqual([['@tensorflow/tfjs-node-gpu does not work: no binding']]);
});

test('auto goes on to the next where one computes wrongly', async () => {
  const core = require.resolve('@tensorflow/tfjs-core');
  // It starts, and its products are those of another matrix.
  await pretend(
    '@tensorflow/tfjs-node-gpu',
    `const tf = require(${JSON.stringify(core)});
    const cpu = tf.engine().registryFactory.cpu.factory;
    tf.registerBackend('tensorflow', cpu);
    tf.copyRegisteredKernels('cpu', 'tensorflow');
    tf.unregisterKernel('BatchMatMul', 'tensorflow');
    const { kernelFunc, ...rest } = tf.getKernel('BatchMatMul', 'cpu');
    const wrong = ({ inputs, ...others }) =>
      kernelFunc({ ...others, inputs: { a: inputs.a, b: tf.ones(inputs.b.shape) } });
    tf.registerKernel({ ...rest, backendName: 'tensorflow', kernelFunc: wrong });`,
  );
  try {
    expect(await useBackend('auto', [folder, __dirname], warn)).toBe('wasm');
    expect(warn.mock.calls[0]?.[0]).toContain(
      '@tensorflow/tfjs-node-gpu does not work: it computes wrongly: a product of small matrices comes to 6, 6, 15, 15, not 14, 32, 32, 77.',
    );
  } finally {
    tf.removeBackend('tensorflow');
  }
});

test('does not take a package with a tfjs-core of its own', async () => {
  await pretend('@tensorflow/tfjs-backend-wasm', '');
  await pretend('@tensorflow/tfjs-core', '');
  await expect(useBackend('wasm', [folder], warn)).rejects.toThrow(
    /SAE_MISSING --backend wasm.* @tensorflow\/tfjs-backend-wasm does not work: it has its own copy of @tensorflow\/tfjs-core\. Install it beside gated-sae-tfjs/,
  );
});

test('useBackend of gated-sae-tfjs/node says what it took, and from where it looks', async () => {
  const chosen = await useBackendOfNode('auto', { from: __dirname });
  expect(chosen).toEqual({
    backend: 'wasm',
    package: '@tensorflow/tfjs-backend-wasm',
    gpu: false,
    passedOver: [],
  });
  await expect(useBackendOfNode('webgl' as 'cpu')).toBeRefused(
    'SAE_OPTION',
    'useBackend.wanted',
    'expected one of "auto", "tensorflow", "wasm", "cpu"; received "webgl".',
  );
  await expect(useBackendOfNode('auto', { form: '.' } as object)).rejects.toThrow(
    'Did you mean "from"?',
  );
});
