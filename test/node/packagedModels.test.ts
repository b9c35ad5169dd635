import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {
  captureActivations,
  GatedSAE,
  type HostModel,
  listLayers,
  ReluSAE,
  type SAEModel,
  spliceSAE,
} from '../../src';

/** Models as their npm packages bring them: an upscaler of pictures, and two classifiers. */
const packages = join(__dirname, '..', '..', 'node_modules');

/** A model's folder as tfjs's handler of it. */
function fromFile(path: string): tf.io.IOHandler {
  const { modelTopology, weightsManifest } = JSON.parse(fs.readFileSync(path, 'utf8'));
  const [{ paths, weights: weightSpecs }] = weightsManifest;
  const bytes = Buffer.concat(
    paths.map((part: string) => fs.readFileSync(join(dirname(path), part))),
  );
  const weightData = new Uint8Array(bytes).buffer;
  return { load: async () => ({ modelTopology, weightSpecs, weightData }) };
}

const difference = (a: tf.Tensor, b: tf.Tensor) =>
  tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0] as number);

/** A dictionary that gives back what it is given, of values of both signs. */
function identity(width: number): SAEModel {
  const sae = new ReluSAE({ inputDim: width, encodingDim: 2 * width, centred: false });
  tf.tidy(() => {
    const eye = tf.eye(width);
    const both = tf.concat([eye, tf.neg(eye)], 1);
    sae.setWeights([both, tf.zeros([2 * width]), tf.transpose(both), tf.zeros([width])]);
  });
  return sae;
}

/** What holds of every model: `outputs` gives its outputs, `spliced` those with a dictionary. */
async function checkModel(
  model: HostModel,
  layer: string,
  x: tf.Tensor,
  outputs: (model: HostModel) => Promise<tf.Tensor>,
) {
  const rows = captureActivations(model, layer, x, { batchSize: 2 });
  const { value } = await rows.iterator().next();
  const width = value?.xs.shape[1] as number;
  value?.xs.dispose();
  const sae = new GatedSAE({ inputDim: width, encodingDim: 2 * width, seed: 1 });
  await sae.initDecoderBias(rows);
  sae.compile();
  const { history } = await sae.fitDataset(rows, { epochs: 2, verbose: 0 });
  expect(history['loss']?.every(Number.isFinite)).toBe(true);

  const plain = await outputs(model);
  const perfect = identity(width);
  const largest = tf.tidy(() => tf.max(tf.abs(plain)).dataSync()[0] as number);
  const check = async (args: Parameters<typeof spliceSAE>[3], dictionary: SAEModel = sae) => {
    const spliced = spliceSAE(model as tf.LayersModel, layer, dictionary, args);
    const output = await outputs(spliced as unknown as HostModel);
    const apart = difference(plain, output);
    output.dispose();
    if (spliced instanceof tf.LayersModel) spliced.dispose();
    return apart;
  };
  expect(await check({}, perfect)).toBeLessThan(1e-6 * Math.max(1, largest));
  expect(await check({ error: true })).toBe(0);
  const changes = {
    reconstruct: await check({}),
    ablate: await check({ mode: 'ablate', error: false }),
    clamp: await check({ mode: 'clamp', features: [0, 1], value: 50 }),
    add: await check({ mode: 'add', features: [0], value: 50 }),
  };
  for (const change of Object.values(changes)) expect(change).toBeGreaterThan(0);
  tf.dispose(plain);
  perfect.dispose();
  return sae;
}

const predict =
  (x: tf.Tensor) =>
  async (model: HostModel): Promise<tf.Tensor> =>
    (model as tf.LayersModel).predict(x) as tf.Tensor;

test('the upscaler of pictures, saved and loaded with a dictionary in it', async () => {
  const file = join(packages, '@upscalerjs/esrgan-slim/models/x2/model.json');
  const model = await tf.loadLayersModel(fromFile(file));
  const x = tf.randomUniform([4, 12, 10, 3], 0, 255, 'float32', 1);
  const names = (await listLayers(model)).map(({ name }) => name);
  const layer = names.find((name) => name.startsWith('F_')) as string;
  const sae = await checkModel(model, layer, x, predict(x));
  const args = { mode: 'scale', value: 2, features: [1, 2, 3] } as const;
  const spliced = spliceSAE(model, layer, sae, args);
  let saved: tf.io.ModelArtifacts | undefined;
  await spliced.save(
    tf.io.withSaveHandler(async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
  const loaded = await tf.loadLayersModel(tf.io.fromMemory(saved as tf.io.ModelArtifacts));
  tf.tidy(() => {
    const [a, b] = [spliced.predict(x), loaded.predict(x)] as [tf.Tensor, tf.Tensor];
    expect(difference(a, b)).toBe(0);
  });
  for (const each of [spliced, loaded, model, sae]) each.dispose();
  x.dispose();
});

/** A classifier of the package nsfwjs, which says something on the console of each. */
async function classifier(name: 'MobileNetV2' | 'MobileNetV2Mid', options: object) {
  const log = jest.spyOn(console, 'info').mockImplementation(() => {});
  const { load } = require('nsfwjs/core');
  const file = name === 'MobileNetV2' ? 'mobilenet_v2' : 'mobilenet_v2_mid';
  const definition = require(`nsfwjs/models/${file}`)[`${name}Model`];
  const { model, normalizationOffset } = await load(name, {
    ...options,
    modelDefinitions: [definition],
  });
  normalizationOffset.dispose();
  log.mockRestore();
  return model as tf.LayersModel & tf.GraphModel;
}

test('a MobileNetV2 of layers', async () => {
  const model = await classifier('MobileNetV2', {});
  const x = tf.randomUniform([2, 224, 224, 3], 0, 1, 'float32', 1);
  const sae = await checkModel(model, 'dense_1', x, predict(x));
  tf.dispose(x);
  sae.dispose();
  model.dispose();
}, 60_000);

test('a MobileNetV2 as a graph', async () => {
  const model = await classifier('MobileNetV2Mid', { type: 'graph' });
  const x = tf.randomUniform([2, 224, 224, 3], 0, 1, 'float32', 1);
  const part = tf.slice(x, 0, 1);
  const found = (await listLayers(model, part)).find(({ name }) => name.endsWith('Squeeze'));
  expect(found?.shape).toEqual([null, 1792]);
  const outputs = async (given: HostModel) => {
    const made = await (given as unknown as tf.GraphModel).predict(x);
    return (Array.isArray(made) ? made[0] : made) as tf.Tensor;
  };
  const sae = await checkModel(model, found?.name ?? '', x, outputs);
  tf.dispose([x, part]);
  sae.dispose();
  model.dispose();
}, 60_000);
