import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { testOn } from '../backends/differences';

/** Runs a file's tests on one backend. */
export function use(backend: string): void {
  testOn(backend);
  beforeAll(async () => {
    tf.enableProdMode(); // which only keeps tfjs from advertising tfjs-node in every file
    await tf.setBackend(backend);
    await tf.ready();
    expect(tf.getBackend()).toBe(backend);
  });
  countTests(backend);
}

/** Writes down how many tests of a file ran on a backend, for the table in docs/backends.md. */
function countTests(backend: string): void {
  let tests = 0;
  afterEach(() => {
    tests += 1;
  });
  afterAll(() => {
    const root = join(__dirname, '..', '..');
    const file = relative(root, expect.getState().testPath as string).replaceAll('\\', '/');
    const folder = join(root, '.cache', 'backends');
    mkdirSync(folder, { recursive: true });
    const name = `${backend}-${file.replace(/\W+/g, '-')}.json`;
    writeFileSync(join(folder, name), JSON.stringify({ backend, file, tests }));
  });
}

/** Fails each test that leaves a tensor behind. */
export function forbidLeaks(): void {
  let before = 0;
  beforeEach(() => {
    before = tf.memory().numTensors;
  });
  afterEach(() => {
    expect({ leakedTensors: tf.memory().numTensors - before }).toEqual({ leakedTensors: 0 });
  });
}
