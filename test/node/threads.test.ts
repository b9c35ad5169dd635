import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import workerThreads from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs';
import { GatedSAE, KerasAdam } from '../../src';
import { rows } from '../conformance/architecture';

const root = join(__dirname, '..', '..');
const started: workerThreads.Worker[] = [];
const { Worker } = workerThreads;
beforeAll(() => {
  workerThreads.Worker = class extends Worker {
    constructor(...args: ConstructorParameters<typeof Worker>) {
      super(...args);
      started.push(this);
    }
  };
});
afterAll(() => {
  workerThreads.Worker = Worker;
});
beforeEach(() => void started.splice(0));

/** A worker's number is −1 when it has ended. */
const alive = () => started.filter(({ threadId }) => threadId >= 0).length;
async function untilAllHaveEnded(): Promise<void> {
  for (let i = 0; i < 200 && alive() > 0; i++) await new Promise((wait) => setTimeout(wait, 10));
  expect(alive()).toBe(0);
}

/** Of all weights: equal only where every bit is. */
function fingerprint(sae: GatedSAE): string {
  const hash = createHash('sha256');
  for (const weight of sae.getWeights()) hash.update(weight.dataSync());
  return hash.digest('hex');
}

/** So large that a step takes many times the 5 ms after which a thread is killed. */
function made() {
  const sae = new GatedSAE({ inputDim: 300, encodingDim: 6000, seed: 1 });
  const optimizer = new KerasAdam({ learningRate: 1e-3, beta1: 0 });
  sae.compile({ optimizer, step: 'sparse', threads: 2 });
  const x = rows(256, 1, 300);
  const finish = () => {
    x.dispose();
    sae.dispose();
    optimizer.dispose();
  };
  return { sae, x, finish };
}

test('threads end with the model', async () => {
  const { sae, x, finish } = made();
  await sae.trainOnBatch(x);
  expect(sae.stepTaken).toMatchObject({ step: 'sparse', threads: 2 });
  expect(alive()).toBe(2);
  finish();
  await untilAllHaveEnded();
});

test.each(['during a step', 'between two steps'])(
  'a thread that is killed %s: a clear error, the last whole weights, and training can go on',
  async (when) => {
    const { sae, x, finish } = made();
    for (let i = 0; i < 3; i++) await sae.trainOnBatch(x);
    const before = fingerprint(sae);
    let step: Promise<unknown> | undefined;
    if (when === 'during a step') step = sae.trainOnBatch(x);
    await new Promise((wait) => setTimeout(wait, when === 'during a step' ? 5 : 0));
    await started[1]?.terminate();
    step ??= sae.trainOnBatch(x);
    await expect(step).rejects.toThrow(
      /^SAE_STATE GatedSAE .*thread was lost.*Weights are those after the last whole step/,
    );
    expect(fingerprint(sae)).toEqual(before);
    await untilAllHaveEnded();
    const [loss] = (await sae.trainOnBatch(x)) as number[];
    expect(Number.isFinite(loss)).toBe(true);
    finish();
    await untilAllHaveEnded();
  },
);

test('a thread that is killed ends fit with that error', async () => {
  const { sae, x, finish } = made();
  const onBatchEnd = async () => void (await started[0]?.terminate());
  const fit = sae.fit(x, { epochs: 3, batchSize: 128, verbose: 0, callbacks: { onBatchEnd } });
  await expect(fit).rejects.toThrow(/^SAE_STATE .*thread was lost/);
  finish();
  await untilAllHaveEnded();
});

test('NaN in a batch: no weight changes, and the threads go on', async () => {
  const { sae, x, finish } = made();
  await sae.trainOnBatch(x);
  const before = fingerprint(sae);
  const bad = tf.tidy(() => tf.mul(x, Number.NaN));
  await expect(sae.trainOnBatch(bad)).rejects.toThrow(/SAE_NOT_FINITE.*remove or repair/);
  expect(fingerprint(sae)).toEqual(before);
  await sae.trainOnBatch(x);
  expect(alive()).toBe(2);
  bad.dispose();
  finish();
  await untilAllHaveEnded();
});

test('weights that are read while a step is under way are those from before it', async () => {
  const { sae, x, finish } = made();
  for (let i = 0; i < 2; i++) await sae.trainOnBatch(x);
  const before = fingerprint(sae);
  const step = sae.trainOnBatch(x);
  for (let i = 0; i < 4; i++) {
    expect(fingerprint(sae)).toEqual(before);
    await new Promise((wait) => setTimeout(wait, 1));
  }
  await step;
  expect(fingerprint(sae)).not.toEqual(before);
  finish();
  await untilAllHaveEnded();
});

/** Runs a program on the built package, with a garbage collector that it can call. */
function ran(program: string) {
  const args = ['--expose-gc', '-e', program];
  return spawnSync('node', args, { cwd: root, encoding: 'utf8', timeout: 30_000 });
}
const TRAIN_ONCE = `
  const tf = require('@tensorflow/tfjs');
  const { GatedSAE, KerasAdam } = require('./dist/index.cjs');
  const trainOnce = async () => {
    await tf.setBackend('cpu');
    const sae = new GatedSAE({ inputDim: 100, encodingDim: 2000 });
    sae.compile({ threads: 2 });
    await sae.trainOnBatch(tf.randomNormal([256, 100]));
    return JSON.stringify(sae.stepTaken);
  };
`;

test('a program that disposes nothing ends all the same', () => {
  const ended = ran(`${TRAIN_ONCE} trainOnce().then(console.log);`);
  expect(ended.status).toBe(0);
  expect(ended.stdout).toContain('{"step":"sparse","threads":2,');
});

test('a model that nobody has any more lets its threads end', () => {
  const ended = ran(`
    const threads = require('node:worker_threads');
    let gone = 0;
    threads.Worker = class extends threads.Worker {
      constructor(...args) {
        super(...args);
        this.on('exit', () => gone++);
      }
    };
    ${TRAIN_ONCE}
    trainOnce().then(async () => {
      for (let i = 0; i < 100 && gone < 2; i++) {
        gc();
        await new Promise((wait) => setTimeout(wait, 50));
      }
      console.log('gone: ' + gone);
    });
  `);
  expect(ended.stdout).toContain('gone: 2');
});
