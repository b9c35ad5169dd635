import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Diagnosis } from '../../src/cli/doctor/run';
import { doctorText } from '../../src/cli/doctor/text';
import { probe } from '../../src/cli/probe/process';
import type { Working } from '../../src/cli/probe/run';
import { buildHere } from '../../src/kernels/module';
import { gatedSae } from './cliProcess';

jest.setTimeout(240_000);

test('--json: every backend that is installed works here, with its speed', async () => {
  const { code, stdout } = await gatedSae(['doctor', '--json']);
  expect(code).toBe(0);
  const diagnosis = JSON.parse(stdout) as Diagnosis;
  expect(diagnosis.node).toBe(process.versions.node);
  expect(diagnosis.core.copies).toHaveLength(1);
  for (const name of ['@tensorflow/tfjs-backend-wasm', '@tensorflow/tfjs-backend-cpu']) {
    const found = diagnosis.backends.find((patient) => patient.package === name);
    expect(found?.probe).toMatchObject({ gpu: false, speed: { taken: { step: 'sparse' } } });
    const { speed } = (found?.probe ?? {}) as Partial<Working>;
    expect(speed?.gflops).toBeGreaterThan(0);
    expect(speed?.rowsPerSecond).toBeGreaterThan(0);
  }
  expect(diagnosis.auto).not.toBeNull();
  expect(diagnosis.relaxed).toBe(buildHere() === 'relaxed');
  const text = doctorText(diagnosis);
  expect(text).toMatch(
    /^wasm +@tensorflow\/tfjs-backend-wasm \S+ +[\d.]+ GFLOP\/s +[\d,]+ rows\/s, sparse/m,
  );
  expect(text).toContain('tfjs-core 4.');
});

const EMPTY: Omit<Diagnosis, 'backends' | 'auto'> = {
  version: '0.1.0',
  node: '20.20.0',
  system: 'linux-x64',
  cores: 2,
  simd: true,
  relaxed: false,
  threads: false,
  core: { version: '4.22.0', copies: ['/a', '/b'] },
  native: [{ what: 'a C++ compiler', found: null, advice: 'Install one.' }],
};

test('the table says why a backend does not work, and what to do', () => {
  const text = doctorText({
    ...EMPTY,
    auto: null,
    backends: [
      {
        backend: 'tensorflow',
        package: '@tensorflow/tfjs-node',
        version: '4.22.0',
        probe: { problem: 'it crashes.' },
      },
      { backend: 'wasm', package: '@tensorflow/tfjs-backend-wasm' },
    ],
  });
  expect(
    text,
  ).toBe(`gated-sae-tfjs 0.1.0, Node 20.20.0, linux-x64, 2 cores; WebAssembly with SIMD, no threads
In Node 24 the sparse step is faster: its WebAssembly has relaxed SIMD.
tfjs-core 4.22.0, 2 copies; the tensors of one are unknown to the others:
  /a
  /b
Install all parts of tfjs in the same version; npm ls @tensorflow/tfjs-core tells who needs which.

backend     package                        matMul         training step
tensorflow  @tensorflow/tfjs-node 4.22.0   does not work
wasm        @tensorflow/tfjs-backend-wasm  not installed

@tensorflow/tfjs-node does not work: it crashes. Run npx gated-sae native.
@tensorflow/tfjs-backend-wasm: npm install @tensorflow/tfjs-backend-wasm brings it.
No backend works here. Run npm install @tensorflow/tfjs-backend-wasm.
gated-sae native lacks:
  a C++ compiler: Install one.
`);
});

describe('a backend that ends its process', () => {
  let home: string;
  beforeEach(async () => {
    home = await fs.mkdtemp(join(tmpdir(), 'gated-sae-doctor-'));
  });
  afterEach(() => fs.rm(home, { recursive: true, force: true }));

  test.each([
    [
      "process.kill(process.pid, 'SIGILL'); setTimeout(() => {}, 1e6);",
      'it crashes: SIGILL (TensorFlow needs a processor with AVX).',
    ],
    ["console.error('error: no backend'); process.exit(1);", 'error: no backend'],
    ['process.exit(3);', 'it ends with 3.'],
  ])('%s', async (code, problem) => {
    await fs.writeFile(join(home, 'cli.mjs'), code);
    expect(await probe('@tensorflow/tfjs-node', home, [])).toEqual({ problem });
  });
});
