import assert from 'node:assert/strict';
import { test } from 'node:test';
import type * as Tf from '@tensorflow/tfjs';
import type { Page } from 'playwright-core';
import type * as GatedSae from '../../src/index';
import { ISOLATED, inPage, type PageHeaders } from './chromium.mts';

// tf.min.js itself needs 'unsafe-eval', which some of these pages forbid.
const SCRIPTS = [
  '/node_modules/@tensorflow/tfjs/dist/tf.es2017.min.js',
  '/dist/gated-sae-tfjs.iife.js',
];
type Globals = { tf: typeof Tf; gatedSAE: typeof GatedSae };
type Training = Awaited<ReturnType<typeof train>>;

/** Opens a page with these headers, trains there, and looks at what came of it. */
async function inTraining(
  headers: PageHeaders,
  look: (training: Training, page: Page) => void | Promise<void>,
  prepare: (page: Page) => Promise<unknown> = async () => {},
): Promise<void> {
  await inPage(async (page) => {
    for (const path of SCRIPTS) await page.addScriptTag({ url: path });
    await prepare(page);
    await look(await page.evaluate(train), page);
  }, headers);
}

let isolated: Training | undefined;

test('two threads in a cross-origin isolated page, which stays alive meanwhile', async () => {
  await inTraining(ISOLATED, async (training, page) => {
    isolated = training;
    assert.deepEqual(training.taken, { step: 'sparse', threads: 2, kernels: 'relaxed' });
    assert.ok(training.frames > 0, 'the page has not painted while it trained');
    assert.equal(training.leaked, 0);
    assert.equal(page.workers().length, 2);
    await page.evaluate(() => (globalThis as unknown as { sae: GatedSae.GatedSAE }).sae.dispose());
    for (let i = 0; i < 50 && page.workers().length > 0; i++) await page.waitForTimeout(20);
    assert.equal(page.workers().length, 0);
  });
});

test('one thread in a plain page: the same numbers', async () => {
  await inTraining({}, (training) => {
    assert.deepEqual(training.taken, { step: 'sparse', threads: 1, kernels: 'relaxed' });
    assertSame(training);
  });
});

test('one thread where the page lets no worker start', async () => {
  const headers = { ...ISOLATED, 'content-security-policy': "worker-src 'none'" };
  await inTraining(headers, (training) => {
    assert.deepEqual(training.taken, { step: 'sparse', threads: 1, kernels: 'relaxed' });
    assertSame(training);
  });
});

test('the tensor step, and a warning, where a Content-Security-Policy forbids WebAssembly', async () => {
  const headers = { 'content-security-policy': "script-src 'self' 'unsafe-inline'" };
  await inTraining(headers, (training) => {
    assert.deepEqual(training.taken, { step: 'tensor' });
    assert.match(training.warnings.join('\n'), /slower tensor step: .*unsafe-eval/);
    assertSame(training);
  });
});

test("the kernels where the policy says 'wasm-unsafe-eval'", async () => {
  const policy = "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; worker-src blob:";
  await inTraining({ ...ISOLATED, 'content-security-policy': policy }, (training) => {
    assert.deepEqual(training.taken, { step: 'sparse', threads: 2, kernels: 'relaxed' });
    assertSame(training);
  });
});

test('the tensor step, and a warning, where WebAssembly has no SIMD', async () => {
  const withoutSIMD = (page: Page) =>
    page.evaluate(() => {
      WebAssembly.validate = () => false;
    });
  const look = (training: Training) => {
    assert.deepEqual(training.taken, { step: 'tensor' });
    assert.match(training.warnings.join('\n'), /no WebAssembly SIMD/);
    assertSame(training);
  };
  await inTraining({}, look, withoutSIMD);
});

test('WebGL that the CPU draws: what is faster is measured, in steps of the training', async () => {
  const onWebGL = (page: Page) =>
    page.evaluate(() => (globalThis as unknown as Globals).tf.setBackend('webgl'));
  const look = (training: Training) => {
    assert.equal(training.taken?.step, 'sparse');
    assertSame(training);
  };
  await inTraining({}, look, onWebGL);
});

/** The same weights and losses as in the first page, to rounding. */
function assertSame({ losses, weights }: Training): void {
  assert.ok(isolated);
  const first = isolated;
  losses.forEach((loss, i) => {
    assert.ok(Math.abs(loss / (first.losses[i] as number) - 1) < 1e-5);
  });
  const apart = weights.map((value, i) => Math.abs(value - (first.weights[i] as number)));
  assert.ok(Math.max(...apart) <= 1e-6, `weights are ${Math.max(...apart)} apart`);
}

/** Runs in the page: eight steps, large enough for two threads. */
async function train() {
  const { tf, gatedSAE } = globalThis as unknown as Globals;
  if (tf.getBackend() !== 'webgl') await tf.setBackend('cpu');
  await tf.ready();
  const warnings: string[] = [];
  console.warn = (...words: unknown[]) => void warnings.push(words.join(' '));
  const x = tf.randomNormal([96, 64], 0, 1, 'float32', 3) as Tf.Tensor2D;
  const sae = new gatedSAE.GatedSAE({ inputDim: 64, encodingDim: 512, seed: 1, auxWeight: 0.1 });
  Object.assign(globalThis, { sae });
  const optimizer = new gatedSAE.KerasAdam({ learningRate: 1e-3, beta1: 0 });
  sae.compile({ optimizer, threads: 2 });
  let frames = 0;
  const paint = () => {
    frames += 1;
    requestAnimationFrame(paint);
  };
  requestAnimationFrame(paint);
  await sae.trainOnBatch(x);
  const before = tf.memory().numTensors;
  const losses: number[] = [];
  while (losses.length < 8) losses.push(((await sae.trainOnBatch(x)) as number[])[0] as number);
  const leaked = tf.memory().numTensors - before;
  const weights = sae.getWeights().flatMap((weight) => Array.from(weight.dataSync()));
  x.dispose();
  return { taken: sae.stepTaken, losses, weights, frames, leaked, warnings };
}
