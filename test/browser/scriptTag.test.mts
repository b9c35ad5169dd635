import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import type * as Tf from '@tensorflow/tfjs';
import type * as GatedSae from '../../src/index';
import { inPage } from './chromium.mts';

const SCRIPTS = [
  '/node_modules/@tensorflow/tfjs/dist/tf.min.js',
  '/node_modules/@tensorflow/tfjs-backend-wasm/dist/tf-backend-wasm.min.js',
  '/dist/gated-sae-tfjs.iife.js',
];
const WEIGHTS = ['W_gate', 'b_gate', 'r_mag', 'b_mag', 'W_dec', 'b_dec'];

type Globals = {
  tf: typeof Tf & { wasm: { setWasmPaths(path: string): void } };
  gatedSAE: typeof GatedSae;
};

for (const backend of ['cpu', 'wasm', 'webgl']) {
  test(`by script tags on ${backend}: ten steps as Python takes them, saved in the browser, loaded, gone on`, async () => {
    const fixture = new URL('../parity/fixtures/clip_none.json', import.meta.url);
    const python = JSON.parse(await readFile(fixture, 'utf8'));
    await inPage(async (page, complaints) => {
      for (const path of SCRIPTS) await page.addScriptTag({ url: path });
      const result = await page.evaluate(trainSaveLoad, { backend, python, names: WEIGHTS });
      assert.deepEqual(complaints, []);
      assert.equal(result.backend, backend);
      assert.ok(result.difference <= 1e-5, `weights differ from Python's by ${result.difference}`);
      assert.equal(result.loadedClass, 'GatedSAE');
      assert.ok(result.afterLoading <= 1e-6, `going on differs by ${result.afterLoading}`);
      assert.equal(result.leaked, 0);
    });
  });
}

/** Runs in the page. */
async function trainSaveLoad({
  backend,
  python,
  names,
}: {
  backend: string;
  // biome-ignore lint/suspicious/noExplicitAny: a fixture, whose form test/parity/fixture.ts tells
  python: any;
  names: string[];
}) {
  const { tf, gatedSAE } = globalThis as unknown as Globals;
  tf.wasm.setWasmPaths('/node_modules/@tensorflow/tfjs-backend-wasm/dist/');
  await tf.setBackend(backend);
  await tf.ready();
  const numbers = (base64: string) =>
    new Float32Array(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)).buffer);
  const tensor = ({ base64, shape }: { base64: string; shape: number[] }) =>
    tf.tensor(numbers(base64), shape);
  const apart = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - Number(b[i]))), 0);

  const before = tf.memory().numTensors;
  const { config, optimizer: adam } = python;
  const sae = new gatedSAE.GatedSAE({
    inputDim: config.input_dim,
    encodingDim: config.encoding_dim,
    lambdaSparse: config.lambda_sparse,
    auxWeight: config.aux_weight,
    clipNorm: config.clip_norm,
  });
  const optimizer = new gatedSAE.KerasAdam({
    learningRate: adam.learning_rate,
    beta1: adam.beta_1,
    epsilon: adam.epsilon,
  });
  sae.compile({ optimizer });
  tf.tidy(() => sae.setWeights(names.map((name) => tensor(python.weights[name]))));
  const step = async (model: typeof sae, batch: number) => {
    const x = tensor(python.batches[batch % python.batches.length]);
    await model.trainOnBatch(x);
    x.dispose();
  };
  for (let batch = 0; batch < 10; batch++) await step(sae, batch);
  const difference = Math.max(
    ...sae
      .getWeights()
      .map((w, i) =>
        apart(w.dataSync(), numbers(python.weights_after['10'][names[i] as string].base64)),
      ),
  );

  await sae.save('indexeddb://sae');
  const loaded = (await tf.loadLayersModel('indexeddb://sae')) as unknown as typeof sae;
  for (const model of [sae, loaded]) await step(model, 10);
  const afterLoading = Math.max(
    ...sae
      .getWeights()
      .map((w, i) => apart(w.dataSync(), (loaded.getWeights()[i] as Tf.Tensor).dataSync())),
  );
  const loadedClass = loaded.getClassName();
  sae.dispose();
  optimizer.dispose();
  loaded.dispose();
  return {
    backend: tf.getBackend(),
    difference,
    afterLoading,
    loadedClass,
    leaked: tf.memory().numTensors - before,
  };
}
