import * as tf from '@tensorflow/tfjs';

/** Runs a file's tests on one backend. */
export function use(backend: string): void {
  beforeAll(async () => {
    tf.enableProdMode(); // which only keeps tfjs from advertising tfjs-node in every file
    await tf.setBackend(backend);
    await tf.ready();
    expect(tf.getBackend()).toBe(backend);
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
