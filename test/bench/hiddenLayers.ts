/**
 * `npm run bench -- hidden`: reading hidden layers beside the bare forward pass up to them, on wasm, and a
 * store of activations, written and read. Prints all of it, and writes nothing.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import {
  captureActivations,
  type HostModel,
  listLayers,
  openActivationStore,
  type RowDataset,
  writeActivations,
} from '../../src';
import { median } from './contestant';

const folder = join(__dirname, '..', '..', '.cache', 'bench', 'hidden');
const ROUNDS = 7;

/** Measures all of it, and prints it. */
export async function hiddenLayers(): Promise<void> {
  tf.enableProdMode();
  await tf.setBackend('wasm');
  console.log(
    'Milliseconds a batch, forward pass up to the layer and captureActivations, in turn:',
  );
  for (const case_ of await cases()) await compared(case_);
  await stores();
}

/** A model, one of its layers, and the forward pass that ends there. */
interface Case {
  readonly name: string;
  readonly model: HostModel;
  readonly layer: string;
  readonly x: tf.Tensor;
  readonly batchSize: number;
  readonly forward: (x: tf.Tensor) => tf.Tensor;
}

async function cases(): Promise<Case[]> {
  const { layers } = tf;
  const dense = tf.sequential({
    layers: [
      layers.dense({ units: 2048, inputShape: [784], activation: 'relu', name: 'hidden' }),
      layers.dense({ units: 10 }),
    ],
  });
  const images = tf.sequential({
    layers: [
      layers.conv2d({ filters: 32, kernelSize: 3, inputShape: [28, 28, 1], name: 'hidden' }),
      layers.flatten(),
      layers.dense({ units: 10 }),
    ],
  });
  const upTo = (model: tf.LayersModel, layer: string) => {
    const part = tf.model({
      inputs: model.inputs,
      outputs: model.getLayer(layer).output as tf.SymbolicTensor,
    });
    return (x: tf.Tensor) => part.predictOnBatch(x) as tf.Tensor;
  };
  const photos = tf.randomUniform([16, 224, 224, 3], 0, 1, 'float32', 1);
  const mobile = (await classifier('MobileNetV2', {})) as tf.LayersModel;
  const graph = (await classifier('MobileNetV2Mid', { type: 'graph' })) as tf.GraphModel;
  const names = (await listLayers(graph, tf.slice(photos, 0, 1))).map((layer) => layer.name);
  const pooled = names.find((name) => name.endsWith('Squeeze')) as string;
  const onLayers = (
    name: string,
    model: tf.LayersModel,
    layer: string,
    x: tf.Tensor,
    n: number,
  ) => ({
    ...{ name, model, layer, x, batchSize: n, forward: upTo(model, layer) },
  });
  return [
    onLayers('dense, 784 to 2,048', dense, 'hidden', tf.randomNormal([2048, 784]), 256),
    onLayers('convolution, 26 x 26 x 32', images, 'hidden', tf.randomNormal([512, 28, 28, 1]), 64),
    onLayers('MobileNetV2, its last layer but one', mobile, 'dense_1', photos, 4),
    {
      ...{ name: 'MobileNetV2 as a graph, pooled', model: graph, layer: pooled, x: photos },
      batchSize: 4,
      forward: (x) => graph.execute(x, pooled) as tf.Tensor,
    },
  ];
}

/** A classifier of the package nsfwjs. */
async function classifier(name: string, options: object): Promise<unknown> {
  const require = createRequire(__filename);
  const file = name === 'MobileNetV2' ? 'mobilenet_v2' : 'mobilenet_v2_mid';
  const modelDefinitions = [require(`nsfwjs/models/${file}`)[`${name}Model`]];
  const log = console.info;
  console.info = () => {};
  const { model } = await require('nsfwjs/core').load(name, { ...options, modelDefinitions });
  console.info = log;
  return model;
}

async function compared({ name, model, layer, x, batchSize, forward }: Case): Promise<void> {
  const batches = (x.shape[0] as number) / batchSize;
  const bare = async () => {
    for (let i = 0; i < batches; i++) {
      tf.tidy(() => forward(tf.slice(x, i * batchSize, batchSize)));
      await tf.nextFrame();
    }
  };
  const captured = async () => {
    const iterator = captureActivations(model, layer, x, { batchSize }).iterator();
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      next.value.xs.dispose();
      await tf.nextFrame();
    }
  };
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [i, run] of [bare, captured].entries()) {
      const start = performance.now();
      await run();
      if (round > 0) times[i as 0 | 1].push((performance.now() - start) / batches);
    }
  }
  const [plain, ours] = times.map(median) as [number, number];
  console.log(
    `  ${name}: ${plain.toFixed(2)} and ${ours.toFixed(2)}, ${(ours / plain).toFixed(3)} times as long`,
  );
}

const WIDTH = 768;
const ROWS = 400_000;
const BATCH = 512;

/** A store of 1.2 GB, as float32: written from memory, and read as training reads it. */
async function stores(): Promise<void> {
  await tf.setBackend('cpu');
  const values = tf.randomNormal([BATCH, WIDTH], 0, 1, 'float32', 1);
  const gigabytes = (ROWS * WIDTH * 4) / 1e9;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const batches = Math.floor(ROWS / BATCH);
  const rows: RowDataset = {
    iterator: () => {
      let left = batches;
      return {
        next: async () =>
          left-- > 0
            ? { value: { xs: tf.clone(values) }, done: false }
            : { value: null, done: true },
      };
    },
  };
  const rate = (start: number) => (gigabytes / (performance.now() - start)) * 1000;
  let start = performance.now();
  const store = await writeActivations(rows, folder);
  console.log(`A store of ${gigabytes.toFixed(2)} GB, ${WIDTH} wide, in float32; GB a second:`);
  console.log(`  written: ${rate(start).toFixed(2)}`);
  await store.close();
  const read = await openActivationStore(folder, { batchSize: BATCH });
  const speeds: number[] = [];
  for (let pass = 0; pass < 4; pass++) {
    start = performance.now();
    const iterator = await (read.iteratorAt?.(pass, 0) ?? read.iterator());
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      tf.dispose(next.value as tf.TensorContainer);
    }
    speeds.push(rate(start));
  }
  start = performance.now();
  await read.verify();
  console.log(
    `  read in shuffled batches of ${BATCH}: ${speeds.map((s) => s.toFixed(2)).join(', ')}`,
  );
  console.log(`  read from beginning to end with its checksums: ${rate(start).toFixed(2)}`);
  await read.close();
  rmSync(folder, { recursive: true });
}
