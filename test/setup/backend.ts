import * as tf from '@tensorflow/tfjs';

/**
 * Runs a file's tests on one backend, and fails each test that leaves a tensor behind.
 *
 * A test that makes tensors in its `beforeEach` disposes them in its `afterEach`.
 */
export function runOn(backend: string): void {
  let before = 0;
  beforeAll(async () => {
    tf.enableProdMode(); // which only keeps tfjs from advertising tfjs-node in every file
    await tf.setBackend(backend);
    await tf.ready();
    expect(tf.getBackend()).toBe(backend);
  });
  beforeEach(() => {
    before = tf.memory().numTensors;
  });
  afterEach(() => {
    expect({ leakedTensors: tf.memory().numTensors - before }).toEqual({ leakedTensors: 0 });
  });
}
