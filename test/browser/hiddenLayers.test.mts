/** Hidden layers of models as their npm packages bring them, in a page: captured, stored, trained on, spliced. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type * as Tf from '@tensorflow/tfjs';
import type { GatedSAE, HostModel } from '../../src/index';
import { assertSpliced, assertTrained, type Globals, inHiddenPage } from './hiddenPage.mts';

/** The graph and its weights, which the package brings as scripts for pages. */
const CLASSIFIER = ['model', 'group1-shard1of2', 'group1-shard2of2'].map(
  (name) => `/node_modules/nsfwjs/dist/models/mobilenet_v2_mid/${name}.min.js`,
);

test('the upscaler of pictures, kept in IndexedDB with a dictionary in it', () =>
  inHiddenPage(async (page) => {
    const found = await page.evaluate(upscaler);
    assertTrained(found, 4 * 12 * 10, found.layer);
    assertSpliced(found);
    assert.equal(found.loaded, 0);
    assert.deepEqual(found.classes, ['SplicedSAELayer']);
    assert.equal(found.leaked, 0);
  }));

/** Runs in the page. */
async function upscaler() {
  const { tf, gatedSAE, hidden } = globalThis as unknown as Globals;
  return hidden.counted(async () => {
    const model = await tf.loadLayersModel(
      '/node_modules/@upscalerjs/esrgan-slim/models/x2/model.json',
    );
    const names = (await gatedSAE.listLayers(model)).map(({ name }) => name);
    const layer = names.find((name) => name.startsWith('F_')) as string;
    const x = tf.randomUniform([4, 12, 10, 3], 0, 255, 'float32', 1);
    const part = tf.model({ inputs: model.inputs, outputs: model.getLayer(layer).output });
    const own = part.predict(x, { batchSize: 2 }) as Tf.Tensor;
    const { sae, ...training } = await hidden.trained(model, layer, x, own, {
      ...{ batchSize: 2, rowsPerBatch: 40, epochs: 3, learningRate: 1e-3 },
    });
    const predict = async (given: HostModel) => (given as Tf.LayersModel).predict(x) as Tf.Tensor;
    const changes = await hidden.spliced(model, layer, sae, predict);
    const steered = gatedSAE.spliceSAE(model, layer, sae, {
      ...{ mode: 'scale', value: 2, features: [1, 2, 3] },
    });
    await steered.save('indexeddb://steered');
    const again = await tf.loadLayersModel('indexeddb://steered');
    const [before, after] = [await predict(steered), await predict(again)];
    const loaded = hidden.apart(before, after);
    const classes = again.layers
      .map((one) => one.getClassName())
      .filter((name) => name.startsWith('Spliced'));
    tf.dispose([x, own, before, after]);
    for (const each of [steered, again, model, sae.optimizer, sae]) each.dispose();
    return { layer, ...training, ...changes, loaded, classes };
  });
}

test('the classifier of a graph, with what its features do to its classes', () =>
  inHiddenPage(
    async (page) => {
      const found = await page.evaluate(classifier);
      assertTrained(found, 4, found.layer);
      assertSpliced(found);
      assert.equal(found.loaded, 0);
      assert.equal(found.leaked, 0);
      const { examples, outputs, costs, fired } = found.measured;
      assert.deepEqual([examples, outputs], [2, 'probabilities']);
      assert.equal(costs[0].metric, 'kl');
      assert.equal(costs[0].original, 0);
      assert.ok(costs[0].spliced > 0 && costs[0].zeroAblated > 0);
      assert.ok(fired >= 2 && fired <= 4, `${fired} features fired`);
      const without = found.without as number[];
      assert.equal(found.effects.length, 5);
      found.effects.forEach((effect, c) => {
        assert.ok(Math.abs(effect - (without[c] as number)) < 1e-6, `${effect}, ${without[c]}`);
      });
      assert.ok(without.some((effect) => Math.abs(effect) > 1e-5));
    },
    { scripts: CLASSIFIER },
  ));

/** Runs in the page. */
async function classifier() {
  const { tf, gatedSAE, hidden, ...scripts } = globalThis as unknown as Globals & {
    model: Tf.io.ModelJSON;
    group1_shard1of2: string;
    group1_shard2of2: string;
  };
  const { modelTopology, weightsManifest } = scripts.model;
  const weights = await Promise.all(
    [scripts.group1_shard1of2, scripts.group1_shard2of2].map(async (base64) =>
      (await fetch(`data:application/octet-stream;base64,${base64}`)).arrayBuffer(),
    ),
  );
  const weightData = await new Blob(weights).arrayBuffer();
  const weightSpecs = weightsManifest.flatMap(({ weights: specs }) => specs);
  return hidden.counted(async () => {
    const artifacts = { modelTopology, weightSpecs, weightData };
    const model = await tf.loadGraphModel(tf.io.fromMemory(artifacts));
    const names = (await gatedSAE.listLayers(model)).map(({ name }) => name);
    const layer = names.find((name) => name.endsWith('Squeeze')) as string;
    const x = tf.randomUniform([4, 224, 224, 3], 0, 1, 'float32', 1);
    const own = tf.tidy(() =>
      tf.concat([0, 2].map((at) => model.execute(tf.slice(x, at, 2), layer) as Tf.Tensor)),
    );
    const { sae, ...training } = await hidden.trained(model, layer, x, own, {
      ...{ batchSize: 2, rowsPerBatch: 2, epochs: 5, learningRate: 1e-4 },
    });
    const [first, rest] = [tf.slice(x, 0, 1), tf.slice(x, 1, 2)];
    const predict = async (given: HostModel, on: Tf.Tensor = first) => {
      const made = await (given as Tf.GraphModel).predict(on);
      return (Array.isArray(made) ? made[0] : made) as Tf.Tensor;
    };
    const changes = await hidden.spliced(model, layer, sae, predict);
    // The dictionary alone is kept: what it is spliced into is no model of layers.
    await sae.save('indexeddb://dictionary');
    const again = (await tf.loadLayersModel('indexeddb://dictionary')) as GatedSAE;
    const predictions = await Promise.all(
      [sae, again].map((one) => predict(gatedSAE.spliceSAE(model, layer, one) as never)),
    );
    const loaded = hidden.apart(predictions[0] as Tf.Tensor, predictions[1] as Tf.Tensor);

    const few = new gatedSAE.TopKSAE({ inputDim: sae.inputDim, encodingDim: 64, k: 2, seed: 2 });
    const evaluation = await gatedSAE.evaluateSplice(model, layer, few, rest, {
      ...{ outputs: 'probabilities', effects: 'ablation' },
    });
    const { byAblation, fires, ...others } = evaluation;
    const feature = fires.findIndex((examples) => examples > 0);
    const edit = { mode: 'ablate', features: [feature] } as const;
    const [ablated] = await gatedSAE.spliceSAE(model, layer, few, edit).predict(rest);
    const plain = await predict(model, rest);
    const without = tf.tidy(() => tf.mean(tf.sub(plain, ablated as Tf.Tensor), 0).arraySync());
    const { length } = byAblation?.classNames ?? [];
    const effects = [...(byAblation?.values ?? [])].slice(feature * length, (feature + 1) * length);
    tf.dispose([x, own, first, rest, predictions, plain, ablated as Tf.Tensor]);
    for (const each of [sae.optimizer, again.optimizer, sae, again, few, model]) each.dispose();
    const measured = { ...others, fired: [...fires].filter((examples) => examples > 0).length };
    return { layer, ...training, ...changes, loaded, measured, effects, without };
  });
}
